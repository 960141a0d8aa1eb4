"""prefect.yaml and deployments/: everything they name exists, is described and is used."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.flows import Flow, load_flow_from_entrypoint
from prefect.server.events.schemas.automations import AutomationCreate
from prefect.settings import Settings
from prefect.utilities.callables import parameter_schema

from clawback.errors import SetupError
from clawback.runs.control import HttpRunControl
from clawback.runs.deployed import DEPLOYMENTS, POOL
from clawback.serving.preparing import read_automations, with_notification
from clawback.serving.profiles import environment, read_profile
from clawback.serving.stack import FLOWS

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deployments"
DEFINED: dict[str, Any] = yaml.safe_load((ROOT / "prefect.yaml").read_text())
BY_NAME = {one["name"]: one for one in DEFINED["deployments"]}


def flow_of(deployment: dict[str, Any]) -> Flow[..., Any]:
    """The flow behind a deployment's entry point."""
    path, _, name = deployment["entrypoint"].partition(":")
    return load_flow_from_entrypoint(f"{ROOT / path}:{name}")


def undescribed(flow: Flow[..., Any]) -> list[str]:
    """The parameters whose field in the run form has no help text."""
    properties = parameter_schema(flow).properties
    return [name for name, field in properties.items() if not field.get("description")]


@pytest.mark.parametrize("name", BY_NAME)
def test_each_deployment_has_a_flow_of_its_name_and_says_what_it_does(name: str) -> None:
    deployment = BY_NAME[name]
    flow = flow_of(deployment)
    assert flow.name == name
    assert inspect.iscoroutinefunction(flow.fn)
    assert not flow.retries
    assert undescribed(flow) == []
    assert deployment["description"]
    assert deployment["concurrency_limit"]["limit"] >= 1
    assert deployment["work_pool"]["name"] == POOL
    assert f"| `{name}` |" in (FOLDER / "README.md").read_text()


def test_a_parameter_without_a_description_is_caught() -> None:
    from prefect import flow

    @flow
    async def careless(number: int) -> None:
        """Says nothing about its parameter."""

    assert undescribed(careless) == ["number"]


def test_every_list_of_the_deployments_is_the_same() -> None:
    assert set(BY_NAME) == set(DEPLOYMENTS)
    assert {f"flows.{name}" for name in BY_NAME} == set(FLOWS.split())


def test_what_the_edges_start_is_what_the_flows_take() -> None:
    sent: dict[str, set[str]] = {}

    class Recording(HttpRunControl):
        def _start(self, flow: str, name: str, attempt: int, **rest: Any) -> str:
            sent[flow] = set(rest["parameters"])
            return name

    control = Recording("http://127.0.0.1:1/api")
    control.start_investigation(1, 1)
    control.start_approval(1, 1, 1)
    control.start_revert(1, 1, 1)
    for name, parameters in sent.items():
        assert parameters <= set(parameter_schema(flow_of(BY_NAME[name])).properties)


def test_prefect_yaml_holds_no_absolute_path() -> None:
    values = re.findall(r"(?<![\w$}/.*-])/[A-Za-z][\w./-]*", yaml.safe_dump(DEFINED))
    assert values == []
    [step] = DEFINED["pull"]
    assert step == {
        "prefect.deployments.steps.set_working_directory": {"directory": "{{ $CLAWBACK_CODE }}"}
    }


def test_no_automation_starts_a_crashed_run_again_and_prefect_takes_each() -> None:
    automations = read_automations(FOLDER / "automations.yaml")
    for wanted in automations:
        actions = [with_notification(action, "") for action in wanted["actions"]]
        made = AutomationCreate.model_validate({**wanted, "actions": actions})
        assert made.description
        for action in actions:
            assert action["type"] in {"change-flow-run-state", "do-nothing"}
            assert action.get("state", "CRASHED") == "CRASHED"


def test_a_notification_goes_through_the_block_where_there_is_one() -> None:
    action = {"type": "notify", "subject": "s", "body": "b"}
    assert with_notification(action, "") == {"type": "do-nothing"}
    assert with_notification(action, "id") == {
        "type": "send-notification",
        "subject": "s",
        "body": "b",
        "block_document_id": "id",
    }


def setting_names(model: Any = Settings) -> set[str]:
    """Every environment variable that Prefect reads."""
    names: set[str] = set()
    prefix = model.model_config.get("env_prefix", "")
    for name, found in model.model_fields.items():
        if hasattr(found.annotation, "model_fields"):
            names |= setting_names(found.annotation)
        alias = found.validation_alias
        choices = getattr(alias, "choices", [alias])
        names |= {choice.upper() for choice in choices if isinstance(choice, str)}
        names.add(f"{prefix}{name}".upper())
    return names


@pytest.mark.parametrize("profile", ["local", "production"])
def test_each_setting_of_a_profile_is_one_that_prefect_knows(profile: str) -> None:
    settings = read_profile(FOLDER / f"{profile}.env")
    known = setting_names() | {"DO_NOT_TRACK"}
    assert set(settings) <= known
    assert settings["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert f"`{profile}.env`" in (FOLDER / "README.md").read_text()


def test_the_readme_names_every_file_and_every_file_that_it_names_exists() -> None:
    text = (FOLDER / "README.md").read_text()
    for path in FOLDER.iterdir():
        assert path.name == "README.md" or f"`{path.name}`" in text, path.name
    for name in re.findall(r"^\| `([^`]+\.(?:yaml|env))`", text, re.M):
        assert (FOLDER / name).resolve().is_file(), name


@pytest.mark.parametrize("name", ["compose.yaml", "kubernetes.yaml"])
def test_the_examples_are_yaml(name: str) -> None:
    assert list(yaml.safe_load_all((FOLDER / name).read_text()))


def test_children_get_the_users_settings_but_never_another_server_or_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "https://elsewhere.test/api")
    monkeypatch.setenv("PREFECT_API_KEY", "secret")
    monkeypatch.setenv("PREFECT_WORKER_QUERY_SECONDS", "9")
    monkeypatch.setenv("PREFECT_API_DATABASE_CONNECTION_URL", "postgresql+asyncpg://db/prefect")
    made = environment(
        {"PREFECT_WORKER_QUERY_SECONDS": "2", "DO_NOT_TRACK": "1"},
        home=tmp_path,
        code=ROOT,
        api_url="http://127.0.0.1:9/api",
        pool=POOL,
    )
    assert made["PREFECT_API_URL"] == "http://127.0.0.1:9/api"
    assert made["PREFECT_HOME"] == str(tmp_path / "prefect")
    assert "PREFECT_API_KEY" not in made
    assert made["PREFECT_WORKER_QUERY_SECONDS"] == "9"
    assert made["DO_NOT_TRACK"] == "1"
    assert made["PREFECT_API_DATABASE_CONNECTION_URL"] == "postgresql+asyncpg://db/prefect"
    assert made["CLAWBACK_CODE"] == str(ROOT)


def test_a_profile_with_a_line_that_is_no_setting_is_refused_with_its_number(
    tmp_path: Path,
) -> None:
    path = tmp_path / "broken.env"
    path.write_text("# fine\nA=1\nnonsense\n")
    with pytest.raises(SetupError, match="line 3"):
        read_profile(path)
    with pytest.raises(SetupError, match="cannot read"):
        read_profile(tmp_path / "missing.env")
