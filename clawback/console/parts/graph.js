// A graph of cards in layers. Everything is made by Vue.h, which sets text and attributes: nothing here
// reads markup, whatever a card says. Cards are links over a drawing that is stretched to the page's width.
const ICONS = {
  bell: "M12 3a6 6 0 0 0-6 6v4l-2 3h16l-2-3V9a6 6 0 0 0-6-6zM10 19a2 2 0 0 0 4 0",
  file: "M6 3h8l5 5v13H6zM14 3v5h5",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  hand: "M8 12V6a1.5 1.5 0 0 1 3 0v5V4.500a1.500 1.500 0 0 1 3 0V11V6a1.500 1.500 0 0 1 3 0v8a6 6 0 0 1-6 6c-3 0-4-1-6-4l-2-3c1-1 2-1 3 0z",
  stack: "M12 3l9 5-9 5-9-5zM3 12l9 5 9-5M3 16l9 5 9-5",
  inbox: "M4 13l3-8h10l3 8v6H4zM4 13h5l1 2h4l1-2h5",
  shield: "M12 3l8 3v6c0 5-4 8-8 9-4-1-8-4-8-9V6zM8.500 12l2.500 2.500 4.500-5",
  outside: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
  question: "M9 9a3 3 0 1 1 4.500 2.600c-1 .6-1.500 1.200-1.500 2.400M12 18v.1M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20z",
  broom: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v6M14 11v6",
  clock: "M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  back: "M9 7l-5 5 5 5M4 12h10a6 6 0 0 1 6 6v1",
  check: "M7.500 12l3 3 6-6.500M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  cross: "M9 9l6 6M15 9l-6 6M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  busy: "M12 3a9 9 0 1 1-9 9M12 8v4l2.500 2.500",
  more: "M5 12h.1M12 12h.1M19 12h.1",
};

export default {
  props: { caption: String, layout: Object },
  data() {
    return { lit: null };
  },
  computed: {
    // The cards that lead to the lit one, and those that it leads to.
    path() {
      if (this.lit === null) return null;
      const found = new Set([this.lit]);
      for (const [from, to] of [["start", "end"], ["end", "start"]]) {
        const next = [this.lit];
        while (next.length) {
          const key = next.pop();
          for (const edge of this.layout.edges)
            if (edge[from] === key && !found.has(edge[to])) {
              found.add(edge[to]);
              next.push(edge[to]);
            }
        }
      }
      return found;
    },
    titles() {
      return Object.fromEntries(this.layout.nodes.map((node) => [node.key, node.title]));
    },
  },
  methods: {
    across(x) {
      return `${((100 * x) / this.layout.width).toFixed(3)}%`;
    },
    dim(...keys) {
      return this.path !== null && !keys.every((key) => this.path.has(key));
    },
    flow(edge) {
      const h = Vue.h;
      const shown = { d: edge.path, "stroke-width": edge.width, "vector-effect": "non-scaling-stroke" };
      const kind = [edge.tone, { dim: this.dim(edge.start, edge.end), lit: this.path !== null && !this.dim(edge.start, edge.end) }];
      const lines = [h("path", { ...shown, key: `${edge.start} ${edge.end}`, class: ["flow", ...kind] })];
      if (edge.busy) lines.push(h("path", { d: edge.path, key: `${edge.start} ${edge.end} busy`, class: ["moving", ...kind], "stroke-width": 2, "vector-effect": "non-scaling-stroke" }));
      return lines;
    },
    icon(name) {
      return Vue.h("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" }, [Vue.h("path", { d: ICONS[name] || ICONS.question })]);
    },
    bar(bar) {
      const h = Vue.h;
      return h("span", { class: "tally", key: bar.label }, [
        h("span", { class: "fill", style: { width: `${Math.max(2, 100 * bar.share).toFixed(1)}%` } }),
        h("span", { class: "label" }, bar.label),
        h("span", { class: "number" }, bar.count.toLocaleString("en-US")),
      ]);
    },
    card(node) {
      const h = Vue.h;
      const inside = [h("span", { class: "title" }, [this.icon(node.icon), h("span", { class: "words", title: node.title }, node.title)])];
      for (const line of node.lines) inside.push(h("span", { class: "line", title: line }, line));
      for (const bar of node.bars) inside.push(this.bar(bar));
      if (node.progress !== null)
        inside.push(h("span", { class: "meter" }, [h("span", { style: { width: `${(100 * node.progress).toFixed(1)}%` } })]));
      if (node.badge) inside.push(h("span", { class: `badge ${node.tone}` }, node.badge));
      return h(
        "a",
        {
          key: node.key,
          href: node.href,
          "data-sets": node.sets || undefined,
          class: ["card", node.tone, { dim: this.dim(node.key), lit: this.lit === node.key, busy: node.busy }],
          style: { left: this.across(node.x), width: this.across(node.width), top: `${node.y}px`, height: `${node.height}px` },
          onMouseenter: () => (this.lit = node.key),
          onMouseleave: () => (this.lit = null),
          onFocus: () => (this.lit = node.key),
          onBlur: () => (this.lit = null),
        },
        inside,
      );
    },
    inWords(node) {
      const parts = [...node.lines, ...node.bars.map((bar) => `${bar.count.toLocaleString("en-US")} ${bar.label}`)];
      if (node.badge) parts.push(node.badge);
      const leads = this.layout.edges.filter((edge) => edge.start === node.key);
      const to = leads.map((edge) => (edge.count ? `${this.titles[edge.end]} (${edge.count.toLocaleString("en-US")})` : this.titles[edge.end]));
      return `${node.title}: ${parts.join(", ")}` + (to.length ? `. Leads to ${to.join(", ")}.` : ".");
    },
    outline() {
      const h = Vue.h;
      const layers = this.layout.layers.map((layer) =>
        h("li", { key: layer.name }, [
          layer.name,
          h("ul", this.layout.nodes.filter((node) => node.layer === layer.name).map((node) => h("li", { key: node.key }, this.inWords(node)))),
        ]),
      );
      return h("details", { class: "outline" }, [h("summary", "The graph in words"), h("ol", layers)]);
    },
  },
  render() {
    const h = Vue.h;
    const { width, height, layers, nodes, edges } = this.layout;
    const drawing = h("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true", style: { height: `${height}px` } }, edges.map(this.flow));
    const heads = layers.map((layer) => h("span", { key: layer.name, class: "layer", style: { left: this.across(layer.x), width: this.across(layer.width) } }, layer.name));
    return h("div", { class: "graph" }, [
      h("div", { class: "scroll", role: "group", "aria-label": this.caption }, [h("div", { class: "canvas", style: { height: `${height}px` } }, [drawing, ...heads, ...nodes.map(this.card)])]),
      this.outline(),
    ]);
  },
};
