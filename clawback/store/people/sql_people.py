"""People in a database: implements `clawback.people_ports.PeopleStore`, one class for each noun."""

from __future__ import annotations

from clawback.store.database import Database
from clawback.store.people.accounts import Accounts
from clawback.store.people.logins import Logins
from clawback.store.people.tokens import Tokens


class SqlPeople(Accounts, Tokens, Logins):
    """Accounts, tokens and logins; each change writes its entry in the same transaction."""

    def __init__(self, database: Database) -> None:
        Accounts.__init__(self, database)
