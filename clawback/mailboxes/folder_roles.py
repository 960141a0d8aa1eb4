"""What a folder is for, told by its name where the store does not say."""

from __future__ import annotations

from collections.abc import Mapping

from models.copies import FolderRole

SEPARATOR = "/"
INBOX = "INBOX"

# English names: the defaults of Outlook, Thunderbird, Apple Mail, Dovecot and Roundcube. Other
# languages: what the same programs name these folders in their translations.
_NAMES: Mapping[FolderRole, tuple[str, ...]] = {
    FolderRole.JUNK: (
        "Junk", "Spam", "Junk Email", "Junk E-mail", "Junk-E-Mail", "Bulk Mail", "Werbung",
        "Spamverdacht", "Courrier indésirable", "Indésirables", "Pourriel", "Correo no deseado",
        "Posta indesiderata", "Ongewenste e-mail", "Lixo eletrônico", "Wiadomości-śmieci",
        "Nevyžádaná pošta", "Skräppost", "Søppelpost", "Uønsket mail", "Roskaposti", "Спам",
        "Нежелательная почта", "迷惑メール", "垃圾邮件", "垃圾郵件",
    ),
    FolderRole.DELETED: (
        "Trash", "Deleted Items", "Deleted Messages", "Deleted", "Bin", "Papierkorb",
        "Gelöschte Elemente", "Gelöschte Objekte", "Corbeille", "Éléments supprimés", "Papelera",
        "Elementos eliminados", "Cestino", "Posta eliminata", "Prullenbak", "Verwijderde items",
        "Lixeira", "Itens excluídos", "Kosz", "Elementy usunięte", "Koš", "Odstraněná pošta",
        "Papperskorgen", "Borttagna objekt", "Papirkurv", "Slettet post", "Roskakori",
        "Корзина", "Удаленные", "ゴミ箱", "削除済みアイテム", "已删除邮件", "刪除的郵件",
    ),
    FolderRole.SENT: (
        "Sent", "Sent Items", "Sent Messages", "Sent Mail", "Gesendet", "Gesendete Elemente",
        "Gesendete Objekte", "Envoyés", "Messages envoyés", "Éléments envoyés", "Enviados",
        "Elementos enviados", "Inviata", "Posta inviata", "Verzonden", "Verzonden items",
        "Itens enviados", "Wysłane", "Elementy wysłane", "Odeslaná pošta", "Skickat", "Sendt",
        "Sendt post", "Lähetetyt", "Отправленные", "送信済み", "送信済みアイテム", "已发送邮件", "寄件備份",
    ),
    FolderRole.DRAFTS: (
        "Drafts", "Draft", "Entwürfe", "Brouillons", "Borradores", "Bozze", "Concepten",
        "Rascunhos", "Robocze", "Wersje robocze", "Koncepty", "Utkast", "Kladder", "Luonnokset",
        "Черновики", "下書き", "草稿", "草稿匣",
    ),
    FolderRole.ARCHIVE: (
        "Archive", "Archives", "Archived", "Archiv", "Archivo", "Archivio", "Archief", "Arquivo",
        "Archiwum", "Arkiv", "Arkisto", "Архив", "アーカイブ", "存档", "封存",
    ),
    FolderRole.QUARANTINE: ("Quarantine", "Quarantäne", "Quarantaine", "Cuarentena", "Quarantena"),
    FolderRole.RECOVERABLE: ("Recoverable Items",),
}  # fmt: skip

_ROLE_BY_NAME = {name.casefold(): role for role, names in _NAMES.items() for name in names}

_TOLD = 4096  # answers kept; a search asks for each message, and most are in a few folders

_DEFAULT_FOLDERS: Mapping[FolderRole, str] = {
    FolderRole.INBOX: INBOX,
    FolderRole.USER: INBOX,
    FolderRole.JUNK: "Junk",
    FolderRole.ARCHIVE: "Archive",
    FolderRole.DRAFTS: "Drafts",
    FolderRole.SENT: "Sent",
    FolderRole.DELETED: "Trash",
    FolderRole.QUARANTINE: "Quarantine",
    FolderRole.RECOVERABLE: "Recoverable Items",
}


class FolderRoles:
    """Folder names to roles and back; an override beats the names that are known.

    Names are compared without case. A folder within one of the named folders has that folder's
    role, so that a folder thrown into the Trash counts as deleted; below the Inbox are user folders.
    """

    def __init__(self, overrides: Mapping[str, FolderRole] | None = None) -> None:
        given = dict(overrides or {})
        self._overrides = {folder.casefold(): role for folder, role in given.items()}
        self._folders = {**_DEFAULT_FOLDERS}
        self._told: dict[str, FolderRole] = {}
        for folder, role in reversed(given.items()):  # of two folders for one role the first counts
            if role is not FolderRole.USER:
                self._folders[role] = folder

    def role_of(self, folder: str) -> FolderRole:
        """The role of a folder, `USER` for a name that is not known."""
        role = self._told.get(folder)
        if role is None:
            if len(self._told) >= _TOLD:
                self._told.clear()
            role = self._told[folder] = self._tell(folder)
        return role

    def _tell(self, folder: str) -> FolderRole:
        name = folder.casefold()
        if name in self._overrides:
            return self._overrides[name]
        if name == INBOX.casefold():
            return FolderRole.INBOX
        name = name.removeprefix(INBOX.casefold() + SEPARATOR)  # Courier and Cyrus nest all there
        if name in _ROLE_BY_NAME:
            return _ROLE_BY_NAME[name]
        top = name.split(SEPARATOR, 1)[0]
        return self._overrides.get(top) or _ROLE_BY_NAME.get(top, FolderRole.USER)

    def folder_for(self, role: FolderRole) -> str:
        """The folder that a move to `role` goes to; user folders have none, so the Inbox."""
        return self._folders[role]
