"""How the words of the query language are written, and what they do: shown while somebody types.

Which words there are the translator says (`clawback.hunting.kql.vocabulary`); a test holds that each
of these is one. What is not described here is offered by its name alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from models.hunting import WordKind

_OPERATORS = """
where | where Condition | Keeps the rows for which the condition is true
filter | filter Condition | As where
project | project Column, Name = Expression, … | Keeps these columns, in this order
project-away | project-away Column, … | Leaves these columns out; * stands for any letters
project-keep | project-keep Column, … | Keeps these columns, in the order that they have
project-rename | project-rename New = Old, … | Gives columns other names
project-reorder | project-reorder Column, … | Puts these columns first
extend | extend Name = Expression, … | Adds columns
summarize | summarize Name = aggregate(…), … by Column, bin(Timestamp, 1d) | One row for each group
count | count | The number of rows
distinct | distinct Column, … | Each combination of values once; * takes all columns
take | take N | Any N rows
limit | limit N | As take
top | top N by Column desc | The first N rows in this order
sort | sort by Column desc, … | Puts rows in order; without asc it is descending
order | order by Column desc, … | As sort
join | join kind=inner (Table) on Column | Puts rows of two tables side by side; kinds innerunique
  (default), inner, leftouter, rightouter, fullouter, leftsemi, leftanti, rightsemi, rightanti
lookup | lookup kind=leftouter (Table) on Column | Adds the columns of a table of facts
union | union Table, … | The rows of several tables; withsource=Name says from which
search | search "term" | The rows in which any column holds the term
find | find in (Table, …) where Condition | The rows of several tables for which it is true
parse | parse Column with "before " Name:type " after" | Columns from the parts of a text
parse-where | parse-where Column with … | As parse, without the rows that do not fit
parse-kv | parse-kv Column as (Name:type, …) with (pair_delimiter=" ", kv_delimiter="=") | Columns from a
  text of keys and values
mv-expand | mv-expand Column | One row for each element of an array
mv-apply | mv-apply Column to typeof(string) on (where …) | A query of its own over each array
make-series | make-series count() default=0 on Timestamp from A to B step 1d by Column | Arrays over even
  steps of time
partition | partition by Column (top 1 by Timestamp) | A query of its own for each value
evaluate | evaluate plugin(…) | One of bag_unpack, pivot, narrow and ipv4_lookup
sample | sample N | N rows at random
sample-distinct | sample-distinct N of Column | N different values
top-hitters | top-hitters N of Column | The values that occur most
top-nested | top-nested N of Column by aggregate(…), … | The greatest groups, within groups
getschema | getschema | The columns and their types
range | range Name from A to B step S | A table of even steps
print | print Name = Expression, … | One row
datatable | datatable (Name:type, …) [value, …] | A table that the query spells out
serialize | serialize Name = Expression | Fixes the order of rows, for prev(), next() and row_number()
as | as Name | Gives the rows so far a name
invoke | invoke Function(…) | Calls a function of the query's own with the rows so far
render | render timechart | How the answer is drawn: timechart, barchart, columnchart, piechart,
  linechart, areachart, scatterchart or table
"""

_TESTS = """
has | Text has "word" | Holds the word as a whole, in any case
has_cs | Text has_cs "Word" | As has, in this case
has_any | Text has_any ("one", "two") | Holds one of the words
has_all | Text has_all ("one", "two") | Holds all of the words
hasprefix | Text hasprefix "wo" | Holds a word that begins so
hassuffix | Text hassuffix "rd" | Holds a word that ends so
contains | Text contains "part" | Holds these letters anywhere, in any case
contains_cs | Text contains_cs "Part" | As contains, in this case
startswith | Text startswith "Re:" | Begins so, in any case
endswith | Text endswith ".exe" | Ends so, in any case
matches regex | Text matches regex @"\\d{4}" | Fits the regular expression (RE2)
in | Column in ("one", "two") | Is one of these; a table in brackets may stand for them
in~ | Column in~ ("one", "two") | As in, in any case
between | Column between (A .. B) | Lies from A to B, both included
=~ | Column =~ "text" | Is equal, in any case
!~ | Column !~ "text" | Is not equal, in any case
and | A and B | Both are true
or | A or B | At least one is true
"""

_AGGREGATES = """
count | count() | Rows
countif | countif(Condition) | Rows for which it is true
dcount | dcount(Column) | Different values, counted exactly
dcountif | dcountif(Column, Condition) | Different values of the rows for which it is true
count_distinct | count_distinct(Column) | Different values
sum | sum(Number) | The sum
sumif | sumif(Number, Condition) | The sum over the rows for which it is true
avg | avg(Number) | The average
avgif | avgif(Number, Condition) | The average over the rows for which it is true
min | min(Column) | The least value
max | max(Column) | The greatest value
minif | minif(Column, Condition) | The least value of the rows for which it is true
maxif | maxif(Column, Condition) | The greatest value of the rows for which it is true
percentile | percentile(Number, 95) | The value that so many percent do not exceed
stdev | stdev(Number) | The standard deviation of a sample
variance | variance(Number) | The variance of a sample
make_list | make_list(Column, Most) | All values as an array
make_set | make_set(Column, Most) | Different values as an array, sorted
make_bag | make_bag(Bag) | All bags in one
arg_max | arg_max(Column, *) | The row in which the column is greatest
arg_min | arg_min(Column, *) | The row in which the column is least
take_any | take_any(Column) | Any one value
"""

_FUNCTIONS = """
ago | ago(7d) | So long before now
now | now() | The time of the query
bin | bin(Value, 1d) | Rounded down to a multiple, also of time
startofday | startofday(Time) | Midnight before, in UTC
startofweek | startofweek(Time) | Sunday before
startofmonth | startofmonth(Time) | The first of the month
endofday | endofday(Time) | The last moment of the day
datetime_diff | datetime_diff("hour", Later, Sooner) | Borders of so many units that lie between
datetime_add | datetime_add("day", 1, Time) | So many units later
datetime_part | datetime_part("hour", Time) | One part of a time
format_datetime | format_datetime(Time, "yyyy-MM-dd") | A time as text
dayofweek | dayofweek(Time) | Days since Sunday, as a timespan
hourofday | hourofday(Time) | 0 to 23
todatetime | todatetime(Text) | A time, or null
totimespan | totimespan(Text) | A timespan, or null
tostring | tostring(Value) | As text
tolong | tolong(Value) | As a whole number, or null
toint | toint(Value) | As a whole number of 32 bits, or null
todouble | todouble(Value) | As a number, or null
tobool | tobool(Value) | As true or false, or null
tolower | tolower(Text) | In small letters
toupper | toupper(Text) | In capital letters
strlen | strlen(Text) | Characters
strcat | strcat(Text, …) | Texts put together
strcat_array | strcat_array(Array, ", ") | An array as one text
substring | substring(Text, Start, Length) | A part; the first character is 0
split | split(Text, ";", Index) | Parts between delimiters, or one of them
trim | trim(@"\\s+", Text) | Without what fits the expression at both ends
replace_string | replace_string(Text, "old", "new") | Each occurrence exchanged
replace_regex | replace_regex(Text, @"expression", "new") | Each match exchanged
extract | extract(@"expression", 1, Text) | What a group of the expression finds first
extract_all | extract_all(@"expression", Text) | All that it finds, as an array
indexof | indexof(Text, "part") | Where it is first, -1 where it is not
countof | countof(Text, "part") | How often it occurs
reverse | reverse(Text) | The other way round
isempty | isempty(Value) | Whether it is empty or null
isnotempty | isnotempty(Value) | Whether it is neither empty nor null
isnull | isnull(Value) | Whether it is null; a text never is
isnotnull | isnotnull(Value) | Whether it is not null
iff | iff(Condition, Then, Else) | One of two values
case | case(Condition, Then, …, Else) | The value after the first condition that is true
coalesce | coalesce(Value, …) | The first that is not null
not | not(Condition) | The opposite
round | round(Number, Digits) | Rounded
floor | floor(Number, Size) | Rounded down to a multiple
ceiling | ceiling(Number) | Rounded up
abs | abs(Number) | Without its sign
min_of | min_of(Value, …) | The least of these
max_of | max_of(Value, …) | The greatest of these
parse_json | parse_json(Text) | What JSON says, as dynamic
todynamic | todynamic(Text) | As parse_json
bag_keys | bag_keys(Bag) | The keys, as an array
bag_pack | bag_pack("key", Value, …) | A bag of these
bag_has_key | bag_has_key(Bag, "key") | Whether the key is there
bag_unpack | evaluate bag_unpack(Column) | A plugin: a column for each key
pivot | evaluate pivot(Column, count()) | A plugin: a column for each value
pack_array | pack_array(Value, …) | An array of these
array_length | array_length(Array) | Its elements
array_concat | array_concat(Array, …) | Arrays put together
array_index_of | array_index_of(Array, Value) | Where it is, -1 where it is not
set_has_element | set_has_element(Array, Value) | Whether it is in it
set_union | set_union(Array, …) | What is in any of them
set_intersect | set_intersect(Array, …) | What is in all of them
set_difference | set_difference(Array, Array) | What is in the first alone
parse_url | parse_url(Url) | Scheme, Host, Path, Query Parameters … as a bag
parse_path | parse_path(Path) | Parts of a file's path as a bag
url_decode | url_decode(Text) | Without the escapes of URLs
base64_decode_tostring | base64_decode_tostring(Text) | The text that it encodes
hash_sha256 | hash_sha256(Value) | SHA-256, in hex
hash_md5 | hash_md5(Value) | MD5, in hex
ipv4_is_private | ipv4_is_private(Address) | Whether it belongs to a private network
ipv4_is_in_range | ipv4_is_in_range(Address, "10.0.0.0/8") | Whether it lies in the network
ipv4_is_in_any_range | ipv4_is_in_any_range(Address, Range, …) | Whether it lies in one of them
ipv6_is_match | ipv6_is_match(Address, Address) | Whether both are the same, of IPv4 or IPv6
geo_info_from_ip_address | geo_info_from_ip_address(Address) | Country, city and place, where a database
  is set up
row_number | row_number() | Number of the row, from 1; after serialize
prev | prev(Column, 1) | The value of the row before; after serialize or sort
next | next(Column, 1) | The value of the row after; after serialize or sort
row_cumsum | row_cumsum(Number) | The sum so far; after serialize or sort
series_decompose_anomalies | series_decompose_anomalies(Series, 1.5) | Marks, scores and baseline of a
  series
series_fit_line | series_fit_line(Series) | The line that fits best, and how well
"""


def _described(lines: str) -> Mapping[str, tuple[str, str]]:
    """From lines of "name | form | about"; an indented line goes on with the one before."""
    found: dict[str, tuple[str, str]] = {}
    for line in lines.strip().replace("\n  ", " ").splitlines():
        name, form, about = line.split(" | ", 2)
        found[name] = (form, about)
    return found


DESCRIBED: Mapping[WordKind, Mapping[str, tuple[str, str]]] = {
    WordKind.OPERATOR: _described(_OPERATORS),
    WordKind.TEST: _described(_TESTS),
    WordKind.AGGREGATE: _described(_AGGREGATES),
    WordKind.FUNCTION: _described(_FUNCTIONS),
}
"""By kind and name: how it is written, and what it does."""
