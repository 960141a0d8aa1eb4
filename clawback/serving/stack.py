"""A Prefect server, its deployments, one worker and the API: started and stopped together."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from clawback.errors import SetupError
from clawback.runs.deployed import POOL
from clawback.runs.rest import PrefectRest
from clawback.serving import preparing
from clawback.serving.addresses import Address, claim
from clawback.serving.code import code_directory
from clawback.serving.home import Running, sole_owner, write_running
from clawback.serving.processes import Child, Program
from clawback.serving.profiles import environment, read_profile

log = logging.getLogger(__name__)

START_SECONDS = 180.0
"""Far more than the slowest start measured (30 s on a busy machine): then something is wrong."""

POLL_SECONDS = 0.2

WORKER = "clawback-worker"

FLOWS = "flows.investigate flows.approve flows.revert flows.sync flows.refresh flows.sweep"
"""What `prefect deploy` reads: imported while the server still starts."""


API_PATH = "/api/v1"
CONSOLE_PATH = "/console"

_LAUNCH = "clawback.runs.launch"
_MODULES: dict[str, tuple[str, ...]] = {
    "server": (_LAUNCH, "server"),
    "worker": (_LAUNCH, "worker"),
    "deploy": (_LAUNCH, "deploy"),
    "api": ("clawback.api.serve",),
}


@dataclass(frozen=True, slots=True)
class StackOptions:
    """How to start: addresses, settings profile, and whether schedules run.

    Port 0 takes a free port; without an `api_port` neither the API nor the console is served. Whoever is
    on this machine needs no password for the `demo_account`, if there is one. `extra` goes into the
    environment of every process, over all else.
    """

    host: str = "127.0.0.1"
    port: int = 4200
    profile: str = "local"
    schedules: bool = True
    api_host: str = "127.0.0.1"
    api_port: int | None = None
    demo_account: str = ""
    extra: dict[str, str] = field(default_factory=dict)


class RunningStack:
    """Everything that `clawback up` starts, as a context manager.

    Server, worker and API can be killed and restarted one by one; their process ids are those of their
    process groups, and flow runs are in the group of the worker.
    """

    def __init__(self, home: Path, options: StackOptions | None = None) -> None:
        self.home = home.resolve()
        self.options = options or StackOptions()
        self.code = code_directory()
        self.log_directory = self.home / "logs"
        self._held = ExitStack()
        self._address: Address | None = None
        self._api_address: Address | None = None
        self._children: dict[str, Child] = {}

    def __enter__(self) -> Self:
        """Ready for work. Raises `Conflict`, `SetupError`; then nothing runs."""
        self._held.enter_context(sole_owner(self.home))
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing runs any more."""
        self.stop()

    @property
    def address(self) -> Address:
        """Where the server listens."""
        if self._address is None:
            raise SetupError("the server was not started")
        return self._address

    @property
    def api_url(self) -> str:
        """The server's REST API."""
        return self.address.api_url

    @property
    def ui_url(self) -> str:
        """The server's pages."""
        return self.address.ui_url

    @property
    def server(self) -> Child:
        """The server's process."""
        return self._children["server"]

    @property
    def worker(self) -> Child:
        """The worker's process."""
        return self._children["worker"]

    @property
    def api(self) -> Child:
        """The process of the API."""
        return self._children["api"]

    @property
    def clawback_api(self) -> str:
        """The address of our own REST API, or the empty string where it is not served."""
        return f"{self._api_address.ui_url}{API_PATH}" if self._api_address else ""

    @property
    def console(self) -> str:
        """The address of the console, or the empty string where it is not served or not installed."""
        if self._api_address is None or find_spec("nicegui") is None:
            return ""
        return f"{self._api_address.ui_url}{CONSOLE_PATH}"

    @property
    def log_files(self) -> dict[str, Path]:
        """The log file of each process."""
        names = ["server", "worker", "deploy", *(["api"] if self._api_address else [])]
        return {name: self._log_file(name) for name in names}

    def dead(self) -> Child | None:
        """A process that ended though it should run, or None."""
        for child in self._children.values():
            if child.exit_code is not None:
                return child
        return None

    def restart_server(self) -> None:
        """A new server at the same address, ready to answer."""
        self._restart("server", self._start_server)
        self._await(self._is_healthy, "answer", watched=["server"])

    def restart_worker(self) -> None:
        """A new worker, reported in."""
        self._restart("worker", self._start_worker)
        self._await_worker(time.time())

    def restart_api(self) -> None:
        """A new process of the API at the same address, ready to answer."""
        self._restart("api", self._start_api)
        self._await(self._api_answers, "answer", watched=["api"])

    def stop(self) -> None:
        """End every process, those that ask for work first; harmless when repeated."""
        for name in ("deploy", "api", "worker", "server"):
            child = self._children.pop(name, None)
            if child is not None:
                child.stop()
        self._held.close()

    def _start(self) -> None:
        automations = preparing.read_automations(self.code / "deployments" / "automations.yaml")
        self._address = claim(self.options.host, self.options.port)
        if self.options.api_port is not None:
            self._api_address = claim(
                self.options.api_host, self.options.api_port, option="--api-port"
            )
        begun_at = time.time()
        self._start_server()
        self._start_worker()
        if self._api_address is not None:
            self._start_api()
        deploy = self._start_child("deploy", ["--all", "--prefect-file", "prefect.yaml"], self.code)
        self._await(self._is_healthy, "answer")
        preparing.make_pool(self._rest)
        preparing.put_automations(self._rest, automations)
        self._await(lambda: deploy.exit_code is not None, "take the deployments")
        if deploy.exit_code != 0:
            raise SetupError(f"the deployments could not be made: see {deploy.program.log_file}")
        del self._children["deploy"]
        if not self.options.schedules:
            preparing.pause_schedules(self._rest)
        self._await_worker(begun_at)
        if self._api_address is not None:
            self._await(self._api_answers, "answer", watched=["api"])
        self._tell()

    def _start_server(self) -> None:
        address = self.address
        arguments = ["--host", address.host, "--port", str(address.port)]
        self._start_child("server", arguments, self.home)

    def _start_worker(self) -> None:
        arguments = ["--pool", POOL, "--type", "process", "--name", WORKER]
        self._start_child("worker", arguments, self.home)

    def _start_api(self) -> None:
        address = self._api_address
        assert address is not None
        arguments = ["--supervised", "--host", address.host, "--port", str(address.port)]
        if self.options.demo_account:
            arguments += ["--demo-account", self.options.demo_account]
        self._start_child("api", arguments, self.home)

    def _api_answers(self) -> bool:
        try:
            answer = httpx.get(f"{self.clawback_api}/health", timeout=5.0, trust_env=False)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

    def _start_child(self, name: str, arguments: list[str], directory: Path) -> Child:
        profile = read_profile(self.code / "deployments" / f"{self.options.profile}.env")
        variables = environment(
            profile, home=self.home, code=self.code, api_url=self.api_url, pool=POOL
        )
        warm = FLOWS if name == "deploy" else ""
        program = Program(
            name=name,
            command=[sys.executable, "-m", *_MODULES[name], *arguments],
            directory=directory,
            environment={**variables, "CLAWBACK_WARM": warm, **self.options.extra},
            log_file=self._log_file(name),
        )
        child = Child(program)
        self._children[name] = child
        return child

    def _restart(self, name: str, start: Callable[[], None]) -> None:
        self._children.pop(name).stop()
        start()
        self._tell()

    def _await_worker(self, begun_at: float) -> None:
        self._await(
            lambda: preparing.worker_reported(self._rest, WORKER, since=begun_at),
            "hear of its worker",
        )

    def _await(
        self, done: Callable[[], bool], what: str, *, watched: Sequence[str] = ("server", "worker")
    ) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not done():
            for child in (self._children[name] for name in watched):
                if child.exit_code is not None:
                    raise SetupError(
                        f"the {child.program.name} ended while it started "
                        f"(exit {child.exit_code}): see {child.program.log_file}"
                    )
            if time.monotonic() > deadline:
                raise SetupError(
                    f"the {watched[0]} did not {what} within {START_SECONDS:.0f} seconds: "
                    f"see {self.log_directory}"
                )
            time.sleep(POLL_SECONDS)
        log.info("stack_step_done", extra={"step": what, "at": time.monotonic()})

    def _is_healthy(self) -> bool:
        return preparing.is_healthy(self._rest)

    @property
    def _rest(self) -> PrefectRest:
        return PrefectRest(self.api_url)

    def _log_file(self, name: str) -> Path:
        return self.log_directory / ("api.log" if name == "api" else f"prefect-{name}.log")

    def _tell(self) -> None:
        write_running(
            self.home,
            Running(
                os.getpid(),
                self.server.pid,
                self.worker.pid,
                self.api_url,
                self.ui_url,
                clawback_api=self.clawback_api,
                console=self.console,
                api_pid=self.api.pid if self._api_address else 0,
            ),
        )
