// The editor of queries: CodeMirror as NiceGUI ships it, with words, colours, completion and hover from
// the schema that the server sends. Texts are set as text; nothing here reads markup.
import * as CM from "nicegui-codemirror";

const NAME = /[A-Za-z_][\w]*(?:-[a-z]+)*/;
const NUMBER = /^\d[\d.]*(?:e[+-]?\d+)?(?:d|h|m|s|ms|microseconds?|ticks?)?\b/i;
const SENTENCE_ENDS = /[|;{(]/;

// Sets and maps by name, made once for a schema.
function read(schema) {
  const tables = new Map(schema.tables.map((table) => [table.name, table]));
  const words = new Map();
  for (const word of schema.words) {
    if (!words.has(word.name)) words.set(word.name, []);
    words.get(word.name).push(word);
  }
  const of = (kind) => schema.words.filter((word) => word.kind === kind);
  const names = (kind) => new Set(of(kind).map((word) => word.name));
  const columns = new Set(schema.tables.flatMap((table) => table.columns.map((column) => column.name)));
  return { tables, words, columns, operators: of("operator"), functions: [...of("function"), ...of("aggregate")], tests: of("test"), isOperator: names("operator"), isTest: names("test") };
}

const STATEMENT = new Set(["let", "set", "by", "on", "with", "kind", "asc", "desc", "of", "to", "typeof", "from", "step", "nulls", "first", "last", "true", "false", "null", "dynamic"]);

function tokenizer(known) {
  return {
    name: "kql",
    startState: () => ({ within: "", afterBar: true }),
    token(stream, state) {
      if (state.within) {
        if (stream.skipTo(state.within)) {
          stream.match(state.within);
          state.within = "";
        } else stream.skipToEnd();
        return "string";
      }
      if (stream.eatSpace()) return null;
      if (stream.match("//")) {
        stream.skipToEnd();
        return "comment";
      }
      const fence = stream.match(/^(```|~~~)/);
      if (fence) {
        state.within = fence[1];
        return "string";
      }
      if (stream.match(/^[hH]?@(?:"(?:[^"]|"")*"?|'(?:[^']|'')*'?)/)) return "string";
      if (stream.match(/^[hH]?(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)/)) return "string";
      if (stream.match(NUMBER)) return "number";
      const test = stream.match(/^![a-z_]+~?|^in~|^[=!]~/);
      if (test) return "operatorKeyword";
      const word = stream.match(NAME);
      if (!word) {
        state.afterBar = SENTENCE_ENDS.test(stream.next());
        return "operator";
      }
      const began = state.afterBar;
      state.afterBar = false;
      return kindOf(word[0], began, stream, known);
    },
    languageData: { commentTokens: { line: "//" }, closeBrackets: { brackets: ["(", "[", "{"] } },
  };
}

function kindOf(text, began, stream, known) {
  const whole = known.isOperator.has(text) || !text.includes("-") ? text : text.split("-")[0];
  if (whole !== text) stream.backUp(text.length - whole.length);
  if (began && known.isOperator.has(whole)) return "keyword";
  if (known.isTest.has(whole)) return "operatorKeyword";
  if (known.tables.has(whole)) return "typeName";
  if (/^\s*\(/.test(stream.string.slice(stream.pos)) && known.words.has(whole)) return "labelName";
  if (STATEMENT.has(whole)) return "keyword";
  return known.columns.has(whole) ? "propertyName" : "variableName";
}

const colours = CM.syntaxHighlighting({ style: (tags) => `kql-${String(tags[0])}` });

// What is said of a word, as an element of texts.
function card(title, kind, about) {
  const box = document.createElement("div");
  box.className = "kql-card";
  const add = (name, text) => {
    if (!text) return;
    const part = document.createElement(name);
    part.textContent = text;
    box.append(part);
  };
  add("strong", title);
  add("em", kind);
  add("p", about);
  return box;
}

function named(text, known) {
  return [...known.tables.values()].filter((table) => new RegExp(`\\b${table.name}\\b`).test(text));
}

function letsOf(text) {
  return [...text.matchAll(/\blet\s+([A-Za-z_]\w*)\s*=/g)].map((found) => found[1]);
}

function completions(known) {
  const option = (label, type, detail, info, boost = 0) => ({ label, type, detail, boost, info: () => card(label, detail, info) });
  const ofWord = (word, boost) => option(word.name, word.kind === "operator" || word.kind === "test" ? "keyword" : "function", word.form || word.kind, word.about, boost);
  const operators = known.operators.map((word) => ofWord(word, 1));
  const functions = known.functions.map((word) => ofWord(word, -1));
  const tests = known.tests.map((word) => ofWord(word, -2));
  const tables = [...known.tables.values()].map((table) => option(table.name, "class", "table", table.about, 2));
  const columnsOf = (found) => {
    const seen = new Map();
    for (const table of found)
      for (const column of table.columns)
        if (!seen.has(column.name)) seen.set(column.name, option(column.name, "property", column.type, column.about, column.empty ? -3 : 3));
    return [...seen.values()];
  };
  return (context) => {
    const word = context.matchBefore(/[A-Za-z_][\w-]*/);
    if (!word && !context.explicit) return null;
    const from = word ? word.from : context.pos;
    const all = context.state.doc.toString();
    const before = all.slice(0, from);
    const typed = all.slice(from, context.pos);
    if (inText(before) || (!context.explicit && (known.words.has(typed) || known.tables.has(typed) || known.columns.has(typed)))) return null;
    if (/\|\s*$/.test(before)) return { from, options: operators };
    const lets = letsOf(all).map((name) => option(name, "variable", "let", ""));
    if (/(?:^|;|\()\s*$/.test(before.replace(/\/\/.*$/gm, "")) && !/\w\($/.test(before)) return { from, options: [...lets, ...tables, ...operators, ...functions] };
    return { from, options: [...columnsOf(named(all, known)), ...lets, ...functions, ...tests, ...tables] };
  };
}

// Whether a text ends within a string or a comment of its last line.
function inText(before) {
  const line = before.slice(before.lastIndexOf("\n") + 1).replace(/\\./g, "");
  let quote = "";
  for (let at = 0; at < line.length; at++) {
    if (quote) quote = line[at] === quote ? "" : quote;
    else if (line[at] === '"' || line[at] === "'") quote = line[at];
    else if (line.startsWith("//", at)) return true;
  }
  return quote !== "";
}

function cardsOf(text, known, all) {
  const found = [];
  const table = known.tables.get(text);
  if (table) found.push(card(table.name, `table of ${table.columns.length} columns`, table.about));
  for (const each of named(all, known)) {
    const column = each.columns.find((one) => one.name === text);
    if (column) found.push(card(`${each.name}.${column.name}`, column.type, column.about));
  }
  if (!found.length) for (const word of known.words.get(text) || []) found.push(card(word.form || word.name, word.kind, word.about));
  return found;
}

function hover(known) {
  return CM.hoverTooltip((view, pos) => {
    const line = view.state.doc.lineAt(pos);
    const words = [...line.text.matchAll(/[A-Za-z_]\w*(?:-[a-z]+)*/g)];
    const word = words.find((one) => line.from + one.index <= pos && pos <= line.from + one.index + one[0].length);
    if (!word) return null;
    const found = cardsOf(word[0], known, view.state.doc.toString());
    if (!found.length) return null;
    return {
      pos: line.from + word.index,
      end: line.from + word.index + word[0].length,
      above: true,
      create() {
        const dom = document.createElement("div");
        dom.append(...found);
        return { dom };
      },
    };
  });
}

// The mark under an error: it moves with the text, and goes once what it is under changes.
const setMark = CM.StateEffect.define();
const marks = CM.StateField.define({
  create: () => CM.Decoration.none,
  update(found, change) {
    let kept = found.map(change.changes);
    if (change.docChanged) kept = kept.update({ filter: (from, to) => from < to && !change.changes.touchesRange(from, to) });
    for (const effect of change.effects) if (effect.is(setMark)) kept = effect.value ? CM.Decoration.set([effect.value]) : CM.Decoration.none;
    return kept;
  },
  provide: (field) => CM.EditorView.decorations.from(field),
});

// Where a place of the server's is: lines and columns count from 1, in characters and not in halves.
function placeOf(text, line, column) {
  const lines = text.split("\n");
  const before = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  const units = [...(lines[line - 1] || "")].slice(0, column - 1).join("").length;
  return before + units;
}

export default {
  template: "<div></div>",
  props: { schema: Object, label: String, given: Object, error: Object },
  emits: ["run", "save"],
  mounted() {
    this.known = read(this.schema);
    const language = CM.StreamLanguage.define(tokenizer(this.known));
    const run = () => {
      this.$emit("run", this.asked());
      return true;
    };
    const leave = () => {
      this.$el.closest(".hunting")?.querySelector("[data-runs]")?.focus();
      return true;
    };
    this.origin = 0;
    this.view = new CM.EditorView({
      doc: this.given.text,
      parent: this.$el,
      extensions: [
        CM.keymap.of([
          { key: "Mod-Enter", run, preventDefault: true },
          { key: "Mod-s", run: () => { this.$emit("save", {}); return true; }, preventDefault: true },
        ]),
        CM.basicSetup,
        CM.keymap.of([{ key: "Escape", run: leave }]),
        language,
        language.data.of({ autocomplete: completions(this.known) }),
        colours,
        hover(this.known),
        marks,
        CM.EditorView.lineWrapping,
        CM.EditorView.contentAttributes.of({ "aria-label": this.label, "aria-multiline": "true", spellcheck: "false", autocorrect: "off", autocapitalize: "off" }),
      ],
    });
    this.mark();
  },
  beforeUnmount() {
    this.view.destroy();
  },
  watch: {
    // Each message brings all values anew: only another edition is another text.
    "given.edition"() {
      this.put(this.given.text);
    },
    "error.edition"() {
      this.mark();
    },
  },
  methods: {
    // What is asked: the selected text if there is any, else all; and all, which is what is kept.
    asked() {
      const { from, to } = this.view.state.selection.main;
      const selected = this.view.state.sliceDoc(from, to);
      const text = this.view.state.doc.toString();
      this.origin = selected.trim() ? from : 0;
      return { text, asked: selected.trim() ? selected : text };
    },
    put(text) {
      const { state } = this.view;
      if (state.doc.toString() !== text) this.view.dispatch({ changes: { from: 0, to: state.doc.length, insert: text } });
    },
    // A name, where the cursor is, with a space where it would run into another word.
    insert(text) {
      const { from, to } = this.view.state.selection.main;
      const before = this.view.state.sliceDoc(Math.max(0, from - 1), from);
      const given = /\w/.test(before) ? ` ${text}` : text;
      this.view.dispatch({ changes: { from, to, insert: given }, selection: { anchor: from + given.length }, scrollIntoView: true });
      this.view.focus();
    },
    mark() {
      const error = this.error;
      if (!error || !error.line) {
        this.view.dispatch({ effects: setMark.of(null) });
        return;
      }
      const length = this.view.state.doc.length;
      const asked = this.view.state.sliceDoc(this.origin);
      const from = Math.min(this.origin + placeOf(asked, error.line, error.column), Math.max(0, length - 1));
      const meant = [...this.view.state.sliceDoc(from)].slice(0, Math.max(1, error.length)).join("").length;
      const to = Math.min(length, from + Math.max(1, meant));
      if (from >= to) return;
      const mark = CM.Decoration.mark({ class: "kql-error", attributes: { title: error.text } });
      this.view.dispatch({ effects: setMark.of(mark.range(from, to)), selection: { anchor: from }, scrollIntoView: true });
    },
  },
};
