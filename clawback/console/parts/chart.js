// A chart: ECharts as NiceGUI ships it, in the colours of the page, light or dark. Options are values
// that are drawn as they are: nothing of them is evaluated.
import { echarts } from "nicegui-echart";

const COLOURS = ["#2f6fbf", "#d9822b", "#2e9d6b", "#b5487f", "#7a66c9", "#b8a12a", "#3aa3b5", "#c2523f", "#6b7a8c", "#8a5a2b"];

export default {
  template: "<div class='chart' role='img'></div>",
  props: { options: Object },
  emits: ["pick"],
  mounted() {
    this.draw();
    this.sizes = new ResizeObserver(() => this.chart && this.chart.resize());
    this.sizes.observe(this.$el);
    this.themes = new MutationObserver(() => this.draw());
    this.themes.observe(document.body, { attributes: true, attributeFilter: ["class"] });
  },
  beforeUnmount() {
    this.sizes.disconnect();
    this.themes.disconnect();
    if (this.chart) this.chart.dispose();
  },
  watch: {
    options() {
      this.draw();
    },
  },
  methods: {
    theme() {
      const css = getComputedStyle(document.body);
      const of = (name) => css.getPropertyValue(name).trim();
      const axis = { axisLine: { lineStyle: { color: of("--soft") } }, axisLabel: { color: of("--soft") }, splitLine: { lineStyle: { color: of("--line") } }, nameTextStyle: { color: of("--soft") } };
      return {
        color: COLOURS,
        backgroundColor: "transparent",
        textStyle: { color: of("--ink"), fontFamily: css.fontFamily },
        title: { textStyle: { color: of("--ink"), fontSize: 14 } },
        legend: { textStyle: { color: of("--ink") }, pageTextStyle: { color: of("--ink") }, pageIconColor: of("--accent"), pageIconInactiveColor: of("--line") },
        tooltip: { backgroundColor: of("--paper"), borderColor: of("--line"), textStyle: { color: of("--ink") } },
        categoryAxis: axis,
        valueAxis: axis,
        timeAxis: axis,
        logAxis: axis,
        pie: { label: { color: of("--ink") } },
      };
    },
    draw() {
      if (this.chart) this.chart.dispose();
      this.chart = echarts.init(this.$el, this.theme());
      this.chart.setOption({ animation: false, useUTC: true, ...this.options });
      this.chart.on("click", (event) => this.$emit("pick", [event.seriesIndex, event.dataIndex]));
    },
  },
};
