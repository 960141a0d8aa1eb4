// A table of texts and links. Everything is made by Vue.h, which sets text and attributes: nothing here
// reads markup, whatever a row says.
const SORTED = { asc: "ascending", desc: "descending" };

export default {
  props: {
    caption: String,
    columns: Array,
    rows: String, // JSON
    empty: String,
    choosable: Boolean,
    sticky: Boolean,
    first: Array,
  },
  emits: ["choose"],
  data() {
    return { chosen: [...(this.first || [])] };
  },
  computed: {
    listed() {
      return JSON.parse(this.rows);
    },
  },
  watch: {
    listed(rows) {
      const keys = new Set(rows.map((row) => row.key));
      const kept = this.chosen.filter((key) => keys.has(key));
      if (kept.length !== this.chosen.length) this.choose(kept);
    },
  },
  methods: {
    choose(keys) {
      this.chosen = keys;
      this.$emit("choose", keys);
    },
    toggle(key) {
      this.choose(this.chosen.includes(key) ? this.chosen.filter((one) => one !== key) : [...this.chosen, key]);
    },
    toggleAll() {
      this.choose(this.chosen.length === this.listed.length ? [] : this.listed.map((row) => row.key));
    },
    heading(column) {
      const h = Vue.h;
      const inside = column.sort
        ? h("a", { href: column.sort, "data-sets": column.sets || undefined, class: "sort" }, [column.label, h("span", { class: "mark", "aria-hidden": "true" }, { asc: "▲", desc: "▼" }[column.sorted] || "↕")])
        : column.label;
      return h("th", { scope: "col", class: column.kind, "aria-sort": SORTED[column.sorted] }, [inside]);
    },
    cell(column, cell) {
      const h = Vue.h;
      const label = { class: [column.kind, column.wide ? "wide" : ""], "data-label": column.label };
      if (typeof cell === "string") return h("td", label, [cell]);
      const shown = cell.tone ? [h("span", { class: `badge ${cell.tone}` }, cell.text)] : cell.text;
      const outside = cell.run ? { "data-run": "", target: "_blank", rel: "noreferrer" } : {};
      const inside = cell.href ? h("a", { href: cell.href, "data-sets": cell.sets || undefined, ...outside }, shown) : shown;
      return h("td", { ...label, title: cell.title || undefined }, Array.isArray(inside) ? inside : [inside]);
    },
    box(label, checked, onChange) {
      return Vue.h("input", { type: "checkbox", "aria-label": label, checked, onChange });
    },
  },
  render() {
    const h = Vue.h;
    const all = this.listed.length > 0 && this.chosen.length === this.listed.length;
    const choice = this.choosable ? [h("th", { scope: "col", class: "choice" }, [this.box("Choose all rows", all, this.toggleAll)])] : [];
    const head = h("thead", [h("tr", [...choice, ...this.columns.map((column) => this.heading(column))])]);
    const lines = this.listed.map((row) => {
      const chosen = this.chosen.includes(row.key);
      const first = this.choosable
        ? [h("td", { class: "choice" }, [this.box(`Choose ${row.label}`, chosen, () => this.toggle(row.key))])]
        : [];
      const cells = this.columns.map((column, index) => this.cell(column, row.cells[index]));
      return h("tr", { key: row.key, class: { current: row.current, chosen }, "aria-current": row.current ? "true" : undefined }, [...first, ...cells]);
    });
    const width = this.columns.length + choice.length;
    const body = lines.length ? lines : [h("tr", [h("td", { class: "empty", colspan: width }, this.empty)])];
    return h("div", { class: ["table", this.sticky ? "sticky" : ""], tabindex: 0, role: "region", "aria-label": this.caption }, [
      h("table", [h("caption", this.caption), head, h("tbody", body)]),
    ]);
  },
};
