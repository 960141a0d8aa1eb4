"""Queries that try to read, write, break or exhaust, as texts; {folder} is where the canaries are."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "a file as a table": "['{folder}/x.csv'] | take 5",
    "a parquet file as a table": "['{folder}/x.parquet'] | take 5",
    "a database file as a table": "['{folder}/x.duckdb'] | take 5",
    "a file of accounts": "['/etc/passwd'] | take 5",
    "a call of read_csv": "read_csv('{folder}/x.csv') | take 5",
    "a call of read_text": "read_text('{folder}/x.txt')",
    "a call of read_parquet in a union": "union EmailEvents, (read_parquet('{folder}/x.parquet'))",
    "glob": "glob('{folder}/*') | project file",
    "the scanner of SQLite": "sqlite_scan('{folder}/x.db', 'secrets')",
    "a quoted call": "['read_csv(\\'{folder}/x.csv\\')'] | take 1",
    "a Python variable": "canary_variable | take 5",
    "a quoted Python variable": "['canary_variable'] | take 5",
    "a table beside ours": "planted | take 5",
    "a table beside ours, with its schema": "['main.planted'] | take 5",
    "a table of another database": "database('mirror_base').EmailEvents | take 1",
    "a table of another cluster": "cluster('x').database('main').planted",
    "a stored function": "planted()",
    "all tables": "union * | take 5",
    "all tables by search": "search '{canary}'",
    "find in all tables": "find where secret == 'x'",
    "tables by wildcard": "union plan* | take 5",
    "externaldata": "externaldata(secret: string) ['file://{folder}/x.csv'] | take 5",
    "externaldata over a plain path": "externaldata(secret: string) ['{folder}/x.csv']",
    "a command": ".show tables",
    "a command behind a comment": "// look\n.show databases",
    "a command that ingests": ".set-or-replace Planted <| print x = '{canary}'",
    "a command that drops": ".drop table EmailEvents",
    "the catalog of SQLite": "sqlite_master | take 5",
    "the catalog of PostgreSQL": "['pg_catalog.pg_class'] | take 5",
    "the information schema": "['information_schema.tables'] | take 5",
    "information_schema with dots": "information_schema.tables | take 5",
    "duckdb_tables": "duckdb_tables() | take 5",
    "duckdb_settings": "duckdb_settings() | where name == 'secret_directory'",
    "duckdb_secrets": "duckdb_secrets()",
    "query()": "query('SELECT * FROM planted')",
    "query_table()": "query_table('planted')",
    "SQL behind a query": "EmailEvents | take 1; SELECT * FROM planted",
    "SQL as a statement": "SELECT * FROM planted",
    "ATTACH": "ATTACH '{folder}/x.duckdb' AS x",
    "COPY": "COPY EmailEvents TO '{folder}/out.csv'",
    "EXPORT": "EXPORT DATABASE '{folder}/out'",
    "PRAGMA": "PRAGMA database_list",
    "SET": "SET lock_configuration = false",
    "set of the query language": "set enable_external_access = true; EmailEvents | take 1",
    "INSTALL": "INSTALL sqlite; LOAD sqlite",
    "CREATE": "CREATE TABLE x AS SELECT 1",
    "a quote in a string": "EmailEvents | where Subject == 'x\\' UNION SELECT secret FROM planted --'",
    "a quote in a double string": 'EmailEvents | where Subject == "x\' OR 1=1; SELECT * FROM planted--"',
    "a verbatim quote": "EmailEvents | where Subject == @'x'' OR EXISTS(SELECT * FROM planted)--'",
    "a quote in a column": "EmailEvents | extend ['x\" FROM planted --'] = 1 | take 1",
    "a quote in a table": "['EmailEvents\" UNION ALL SELECT * FROM planted --'] | take 1",
    "a quote in an alias": "EmailEvents | as ['x\" AS (SELECT * FROM planted) --'] | take 1",
    "a quote in a let": "let ['x\" AS (SELECT secret FROM planted) --'] = 1; print ['x\" AS 1']",
    "a quote in a parsed pattern": "EmailEvents | parse Subject with 'x\\'' a: string '\\' --' | take 1",
    "a quote in a JSON path": "print parse_json('{{}}')['a\\'] FROM planted --']",
    "a quote in a format": "print format_datetime(now(), 'yyyy\\' || (SELECT secret FROM planted) || \\'')",
    "an SQL comment in a string": "EmailEvents | where Subject has '/*' | where Subject has '*/' | take 1",
    "an SQL comment in a query": "EmailEvents -- | take 1\n| count",
    "a block comment": "EmailEvents /* | take 1 */ | take 1",
    "a NUL in a string": "print 'a\0' | take 1",
    "a NUL by escape": "print x = '\\0 FROM planted' | extend y = x",
    "look-alike letters": "ＥｍａｉｌＥｖｅｎｔｓ | take 1",
    "a column in Greek": "EmailEvents | extend Αλφα = 1 | project Αλφα | take 1",
    "an invisible letter": "Email\u200bEvents | take 1",
    "a surrogate": "print '\ud800'",
    "getenv": "print getenv('HOME')",
    "current_setting": "print current_setting('secret_directory')",
    "getvariable": "print getvariable('x')",
    "write_log": "print write_log('{canary}')",
    "a sequence": "print nextval('x')",
    "evaluate of a plugin": "evaluate python(typeof(*), 'result = open(\"{folder}/x.txt\").read()')",
    "evaluate of SQL": "evaluate sql_request('x', 'SELECT 1')",
    "evaluate of HTTP": "evaluate http_request('http://127.0.0.1:1/')",
    "invoke": "EmailEvents | invoke planted()",
    "a regex that backtracks": "EmailEvents | where Subject matches regex '(a+)+(b+)+(c+)+$' | count",
    "a regex that is large": "EmailEvents | where Subject matches regex '(((a{{1000}}){{1000}}){{1000}})'",
    "a regex that is none": "EmailEvents | where Subject matches regex '((((' | count",
}
"""Each is refused, or answered from our tables alone."""

COSTLY: dict[str, str] = {
    "doubling lets": ";".join(
        ["let a0 = EmailEvents", *(f"let a{n} = a{n - 1} | union a{n - 1}" for n in range(1, 25))]
    )
    + "; a24 | count",
    "doubling scalars": ";".join(
        ["let b0 = 'x'", *(f"let b{n} = strcat(b{n - 1}, b{n - 1})" for n in range(1, 40))]
    )
    + "; print strlen(b39)",
    "a cartesian join": "EmailEvents | extend k = 1 | join kind=inner (EmailEvents | extend k = 1) on k "
    "| join kind=inner (EmailEvents | extend k = 1) on k "
    "| join kind=inner (EmailEvents | extend k = 1) on k | summarize sum(EmailSize)",
    "a sort of very much": "range x from 1 to 300000000 step 1 "
    "| extend y = strcat('x', tostring(x * 7919 % 10007)) "
    "| sort by y desc, x asc | where x % 2 == 0 | summarize make_list(y)",
    "a group of very much": "range x from 1 to 300000000 step 1 "
    "| summarize make_set(strcat('a long text in front of a number ', x)) by y = x % 1000003",
    "a range without an end": "range x from 1 to 1000000000000 step 1 | where x % 7 == 3 | count",
    "a list of very much": "print array_length(range(1, 1000000000))",
    "a huge text": "print strlen(strrep('0123456789', 100000000))",
    "a huge text of rows": "EmailEvents | extend x = strrep(Subject, 100000) | project x",
    "deep brackets": "print " + "(" * 4_000 + "1" + ")" * 4_000,
    "deep lists": "print " + "dynamic(" + "[" * 4_000 + "]" * 4_000 + ")",
    "deep calls": "print " + "tolower(" * 800 + "'a'" + ")" * 800,
    "a long chain of or": "EmailEvents | where "
    + " or ".join(f"EmailSize == {n}" for n in range(450)),
    "many stages": "EmailEvents" + " | extend a = 1" * 600,
    "many unions": "union " + ", ".join(["EmailEvents"] * 600) + " | count",
    "many columns": "EmailEvents | extend " + ", ".join(f"c{n} = {n}" for n in range(900)),
    "a function that calls itself": "let f = (n: long) {{ f(n + 1) }}; print f(1)",
    "functions that call each other twice": ";".join(
        [
            "let f0 = () {{ 1 }}",
            *(f"let f{n} = () {{{{ f{n - 1}() + f{n - 1}() }}}}" for n in range(1, 30)),
        ]
    )
    + "; print f29()",
    "mv-expand upon mv-expand": "print a = range(1, 3000) | mv-expand b = a | extend c = range(1, 3000) "
    "| mv-expand c | extend d = range(1, 3000) | mv-expand d | summarize dcount(strcat(b, c, d))",
    "a percentile of very much": "range x from 1 to 200000000 step 1 "
    "| summarize percentile(x, 1), make_list(x), dcount(strcat('x', x))",
}
"""Each ends within the limits, whatever it is answered."""


def filled(text: str, folder: object, canary: str) -> str:
    """The text with its places filled in."""
    return (
        text.replace("{folder}", str(folder))
        .replace("{canary}", canary)
        .replace("{{", "{")
        .replace("}}", "}")
    )
