"""Sentences of everyday business in several languages, with the charsets that such mail comes in."""

from __future__ import annotations

from dataclasses import dataclass

from clawback.lab.mime import Encoding


@dataclass(frozen=True, slots=True)
class Language:
    """Building blocks of a note: any subject goes with any of the sentences.

    `writings` are the (charset, transfer encoding) pairs that the note may be written in.
    """

    tag: str
    greeting: str
    closing: str
    subjects: tuple[str, ...]
    sentences: tuple[str, ...]
    writings: tuple[tuple[str, Encoding], ...]


ENGLISH = Language(
    "en",
    "Hello,",
    "Kind regards",
    (
        "Minutes of the planning meeting",
        "Room booking for the workshop",
        "Figures for the third quarter",
        "Delivery dates for the spare parts",
        "Question about the travel policy",
        "Draft of the maintenance contract",
        "Handover before the holidays",
        "Order confirmation and next steps",
    ),
    (
        "I have added the open points to the shared list.",
        "The supplier confirmed the date and the quantities.",
        "Please have a look at section two before Thursday.",
        "We still need an answer from the warehouse.",
        "The numbers match last month apart from one correction.",
        "I will be in the office in the afternoon.",
        "Nothing changes for the team in the second building.",
        "If that suits everybody, I will send the invitation.",
    ),
    (("us-ascii", Encoding.SEVEN_BIT), ("utf-8", Encoding.QUOTED_PRINTABLE)),
)
FOREIGN = (
    Language(
        "de",
        "Guten Tag,",
        "Mit freundlichen Grüßen",
        ("Rückfrage zur Übergabe", "Prüfung der Gebäudetechnik", "Änderung im Lieferplan"),
        (
            "Die Unterlagen für die Prüfung liegen vollständig vor.",
            "Könnten Sie den Termin für nächste Woche bestätigen?",
            "Die Lieferung verzögert sich um zwei Tage.",
            "Größere Änderungen sind nicht mehr nötig.",
        ),
        (("iso-8859-1", Encoding.QUOTED_PRINTABLE), ("utf-8", Encoding.EIGHT_BIT)),
    ),
    Language(
        "fr",
        "Bonjour,",
        "Bien cordialement",
        ("Réunion de préparation", "Commande à compléter", "Congés d’été de l’équipe"),
        (
            "Le compte rendu est prêt, il manque seulement l’annexe.",
            "Pourriez-vous vérifier les quantités déjà livrées ?",
            "La salle est réservée jusqu’à dix-huit heures.",
            "Le coût reste inférieur à 4 000 €.",
        ),
        (("windows-1252", Encoding.QUOTED_PRINTABLE), ("utf-8", Encoding.BASE64)),
    ),
    Language(
        "es",
        "Buenos días:",
        "Un saludo",
        ("Revisión del presupuesto", "Próxima reunión de coordinación", "Año nuevo, plan nuevo"),
        (
            "Adjuntamos la última versión del calendario.",
            "¿Podría confirmar la dirección de entrega?",
            "El próximo envío saldrá el miércoles por la mañana.",
            "Mañana recibirá la información que falta.",
        ),
        (("iso-8859-15", Encoding.BASE64), ("utf-8", Encoding.QUOTED_PRINTABLE)),
    ),
    Language(
        "ja",
        "お世話になっております。",
        "よろしくお願いいたします。",
        ("来週の打ち合わせについて", "納期変更のお知らせ", "見積書の確認"),
        (
            "資料を更新しましたのでご確認ください。",
            "会議室は三階に変更になりました。",
            "部品の納品は来週の水曜日になります。",
            "ご不明な点がございましたらご連絡ください。",
        ),
        (("iso-2022-jp", Encoding.SEVEN_BIT), ("shift_jis", Encoding.BASE64)),
    ),
    Language(
        "ar",
        "تحية طيبة،",
        "مع أطيب التحيات",
        ("موعد الاجتماع القادم", "تأكيد الطلب", "خطة الصيانة السنوية"),
        (
            "نرجو تأكيد موعد التسليم خلال هذا الأسبوع.",
            "تم تحديث الجدول وإضافة الملاحظات.",
            "سيعقد الاجتماع في القاعة الثانية.",
            "شكرا على تعاونكم المستمر.",
        ),
        (("windows-1256", Encoding.BASE64), ("utf-8", Encoding.BASE64)),
    ),
    Language(
        "ru",
        "Добрый день!",
        "С уважением",
        ("План поставок на квартал", "Вопрос по договору", "Перенос встречи"),
        (
            "Документы готовы, осталось согласовать приложение.",
            "Просим подтвердить дату поставки.",
            "Встреча переносится на четверг.",
            "Список участников прежний.",
        ),
        (("koi8-r", Encoding.BASE64), ("windows-1251", Encoding.QUOTED_PRINTABLE)),
    ),
    Language(
        "zh",
        "您好：",
        "此致敬礼",
        ("下周会议安排", "订单确认", "设备维护计划"),
        (
            "请查收更新后的时间表。",
            "仓库已经确认了数量和日期。",
            "如有问题请随时联系我们。",
            "会议地点改到二楼。",
        ),
        (("gb18030", Encoding.BASE64), ("utf-8", Encoding.QUOTED_PRINTABLE)),
    ),
)
