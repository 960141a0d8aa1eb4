"""People in a database: implements `clawback.people_ports.PeopleStore`, one class for each noun."""

from __future__ import annotations

from clawback.store.database import Database
from clawback.store.people.accounts import Accounts
from clawback.store.people.first_account import FirstAccount
from clawback.store.people.logins import Logins
from clawback.store.people.sessions import Sessions
from clawback.store.people.tokens import Tokens


class SqlPeople(Accounts, Tokens, Logins, Sessions, FirstAccount):
    """Accounts, tokens, logins and sessions; each change writes its entry in the same transaction."""

    def __init__(self, database: Database) -> None:
        Accounts.__init__(self, database)
