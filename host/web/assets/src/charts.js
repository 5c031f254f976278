// Charts: an element with `data-chart="ID"` draws the description in `<script type="application/json" id="ID">`:
// { "kind": "line" | "bar", "labels": [...], "series": [{ "name": "...", "values": [...] }], "unit": "%" }.
// The same numbers stand in a table beside it: a chart is never the only place of a number.
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([AriaComponent, BarChart, CanvasRenderer, GridComponent, LegendComponent, LineChart, MarkLineComponent, TooltipComponent]);

const language = document.documentElement.lang;
const number = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });

function colours() {
  // A canvas knows no variables: an element resolves them.
  const probe = document.body.appendChild(document.createElement("span"));
  const of = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const all = {
    text: of("--tblr-body-color"),
    line: of("--tblr-border-color"),
    series: ["--tblr-primary", "--tblr-orange", "--tblr-teal", "--tblr-purple", "--tblr-yellow", "--tblr-cyan"].map(of),
  };
  probe.remove();
  return all;
}

function option(description) {
  const { text, line, series } = colours();
  const unit = description.unit ? ` ${description.unit}` : "";
  const axis = { axisLabel: { color: text }, axisLine: { lineStyle: { color: line } } };
  return {
    animation: false,
    aria: { enabled: true },
    color: series,
    textStyle: { fontFamily: "inherit" },
    grid: { left: 8, right: 16, top: 32, bottom: 8, containLabel: true },
    legend: { top: 0, textStyle: { color: text }, show: description.series.length > 1 },
    // Text of the canvas: markup of a tooltip would need styles that the page's policy refuses.
    tooltip: { trigger: "axis", renderMode: "richText", valueFormatter: (value) => (value == null ? "–" : number.format(value) + unit) },
    xAxis: { type: "category", data: description.labels, ...axis },
    yAxis: { type: "value", ...axis, splitLine: { lineStyle: { color: line } }, axisLabel: { color: text, formatter: (value) => number.format(value) + unit } },
    series: description.series.map((one) => ({
      type: description.kind,
      name: one.name,
      data: one.values,
      stack: one.stack,
      connectNulls: false,
      symbolSize: 6,
      markLine: one.target == null ? undefined : { silent: true, symbol: "none", data: [{ yAxis: one.target }] },
    })),
  };
}

function draw(element) {
  const source = document.getElementById(element.dataset.chart);
  const chart = init(element, null, { renderer: "canvas" });
  const description = JSON.parse(source.textContent);
  chart.setOption(option(description));
  new ResizeObserver(() => chart.resize()).observe(element);
  new MutationObserver(() => chart.setOption(option(description))).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
}

const drawAll = (root) => root.querySelectorAll("[data-chart]:not([_echarts_instance_])").forEach(draw);
drawAll(document);
document.addEventListener("htmx:afterSwap", (event) => drawAll(event.target));
