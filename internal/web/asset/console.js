// Small helps for pages that work without them: copying, charts, messages.
"use strict";
(() => {
  const say = (text) => {
    const toast = document.getElementById("toast");
    if (!toast || !text) return;
    toast.textContent = text;
    toast.hidden = false;
    clearTimeout(say.timer);
    say.timer = setTimeout(() => { toast.hidden = true; }, 6000);
  };

  document.addEventListener("click", (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const source = document.getElementById(copy.dataset.copy);
      navigator.clipboard.writeText(source.textContent).then(() => say(copy.dataset.said), () => {
        getSelection().selectAllChildren(source);
      });
    }
    const line = event.target.closest("[data-line]");
    if (line) {
      const box = document.getElementById(line.dataset.of);
      const lines = box.value.split("\n"), n = line.dataset.line - 1;
      const from = lines.slice(0, n).reduce((sum, l) => sum + l.length + 1, 0);
      box.focus();
      box.setSelectionRange(from, from + (lines[n] || "").length);
      box.scrollTop = box.scrollHeight * Math.max(0, n - 3) / lines.length;
    }
    for (const open of document.querySelectorAll("details.pop[open]")) {
      if (!open.contains(event.target)) open.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const open of document.querySelectorAll("details.pop[open]")) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
    if (event.target.matches("[data-all]")) {
      for (const box of document.querySelectorAll(event.target.dataset.all)) box.checked = event.target.checked;
    }
  });
  document.addEventListener("submit", (event) => {
    const question = event.submitter?.dataset.asks || event.target.dataset.asks;
    if (question && !confirm(question)) event.preventDefault();
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status >= 400) say(event.detail.xhr.responseText);
  });
  document.addEventListener("htmx:sendError", () => say(document.body.dataset.offline));

  for (const row of [".menu", ".tabs"]) document.querySelector(row + " [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const yuan = (fen) => "¥" + Math.round(fen / 100).toLocaleString("en");
  const frame = (words) => ({
    animation: false,
    grid: { left: 8, right: 12, top: 14, bottom: 4, containLabel: true },
    tooltip: { trigger: "axis", renderMode: "richText", confine: true },
    aria: { enabled: true, label: { description: words.title } },
  });
  // The band is drawn as two stacked areas: an invisible one up to the low
  // bound and a tinted one from there to the high bound.
  const value = (points, words) => Object.assign(frame(words), {
    xAxis: { type: "category", boundaryGap: false, data: points.map((p) => words.weeks.replace("%", p.weeks)) },
    yAxis: { type: "value", axisLabel: { formatter: yuan }, splitLine: { lineStyle: { color: token("--line") } } },
    tooltip: {
      trigger: "axis", renderMode: "richText", confine: true,
      formatter: (items) => {
        const p = points[items[0].dataIndex];
        return items[0].axisValue + "\n" + yuan(p.value) + "  (" + yuan(p.low) + "–" + yuan(p.high) + ")";
      },
    },
    series: [
      { type: "line", stack: "band", symbol: "none", silent: true, lineStyle: { opacity: 0 }, data: points.map((p) => p.low) },
      { type: "line", stack: "band", symbol: "none", silent: true, lineStyle: { opacity: 0 }, areaStyle: { color: token("--accent"), opacity: .16 }, data: points.map((p) => p.high - p.low) },
      { type: "line", symbolSize: 6, color: token("--accent"), lineStyle: { width: 2 }, data: points.map((p) => p.value) },
    ],
  });
  const moves = (days, words) => Object.assign(frame(words), {
    legend: { top: 0, right: 0, itemWidth: 12, itemHeight: 8 },
    grid: { left: 8, right: 12, top: 28, bottom: 4, containLabel: true },
    xAxis: { type: "time", axisLabel: { hideOverlap: true, formatter: "{MM}-{dd}" } },
    yAxis: { type: "value", minInterval: 1, axisLabel: { formatter: Math.abs }, splitLine: { lineStyle: { color: token("--line") } } },
    tooltip: { trigger: "axis", renderMode: "richText", confine: true, valueFormatter: Math.abs },
    series: [
      { type: "bar", name: words.joins, stack: "m", color: token("--accent"), barMaxWidth: 8, data: days.map((d) => [d.day, d.joins]) },
      { type: "bar", name: words.leaves, stack: "m", color: token("--warn"), barMaxWidth: 8, data: days.map((d) => [d.day, -d.leaves]) },
    ],
  });
  // Size as a line; who came and went as bars on the right-hand axis.
  const sizes = (days, words) => {
    const chart = moves(days, words);
    chart.yAxis = [
      { type: "value", minInterval: 1, scale: true, splitLine: { lineStyle: { color: token("--line") } } },
      Object.assign({}, chart.yAxis, { splitLine: { show: false } }),
    ];
    for (const bars of chart.series) bars.yAxisIndex = 1;
    chart.series.push({ type: "line", name: words.size, symbol: "none", color: token("--ink"), lineStyle: { width: 2 }, data: days.map((d) => [d.day, d.size]) });
    return chart;
  };
  // A value with its interval: an invisible bar up to the low bound, a thin one
  // from there to the high bound, and a mark at the value.
  const whiskers = (points, words, lying) => {
    const names = { type: "category", data: points.map((p) => p.label), inverse: lying, axisLabel: { hideOverlap: !lying, width: 150, overflow: "truncate" } };
    const amounts = { type: "value", min: 0, name: words.unit, nameLocation: lying ? "middle" : "end", nameGap: lying ? 26 : 10, nameTextStyle: { align: lying ? "center" : "left" },
      axisLabel: { formatter: yuan, hideOverlap: true }, splitLine: { lineStyle: { color: token("--line") } } };
    const part = (data, extra) => Object.assign({ type: "bar", stack: "range", barWidth: 4, data }, extra);
    const at = (p, i) => (lying ? [p.value, i] : [i, p.value]);
    return Object.assign(frame(words), {
      grid: { left: 8, right: 16, top: lying ? 8 : 34, bottom: lying ? 28 : 4, containLabel: true },
      xAxis: lying ? amounts : names,
      yAxis: lying ? names : amounts,
      tooltip: {
        trigger: "axis", renderMode: "richText", confine: true,
        formatter: (items) => {
          const p = points[items[0].dataIndex];
          return p.label + "\n" + yuan(p.value) + "  (" + yuan(p.low) + "–" + yuan(p.high) + ")\n" + words.n.replace("%", p.n.toLocaleString("en"));
        },
      },
      series: [
        part(points.map((p) => p.low), { silent: true, itemStyle: { opacity: 0 } }),
        part(points.map((p) => p.high - p.low), { color: token("--accent"), itemStyle: { opacity: .35 } }),
        { type: "scatter", symbolSize: 9, color: token("--accent"), data: points.map(at) },
      ],
    });
  };
  const whisker = (points, words) => whiskers(points, words, false);
  const lying = (points, words) => whiskers(points, words, true);
  const bars = (points, words) => Object.assign(frame(words), {
    grid: { left: 8, right: 12, top: 34, bottom: 4, containLabel: true },
    xAxis: { type: "category", data: points.map((p) => p.label), axisLabel: { hideOverlap: true } },
    yAxis: { type: "value", name: words.unit, nameTextStyle: { align: "left" }, axisLabel: { formatter: (v) => Math.round(v * 100) + "%" }, splitLine: { lineStyle: { color: token("--line") } } },
    tooltip: {
      trigger: "axis", renderMode: "richText", confine: true,
      formatter: (items) => {
        const p = points[items[0].dataIndex];
        return p.label + "\n" + (p.share * 100).toFixed(1) + "%\n" + words.n.replace("%", p.n.toLocaleString("en"));
      },
    },
    series: [{ type: "bar", color: token("--accent"), barMaxWidth: 34, data: points.map((p) => p.share) }],
  });
  const tracking = (points, words) => Object.assign(frame(words), {
    legend: { top: 0, right: 0, itemWidth: 18, itemHeight: 8 },
    grid: { left: 8, right: 16, top: 28, bottom: 4, containLabel: true },
    xAxis: { type: "category", boundaryGap: false, data: points.map((p) => words.week.replace("%", Math.round(p.week))), axisLabel: { hideOverlap: true } },
    yAxis: { type: "value", splitLine: { lineStyle: { color: token("--line") } } },
    tooltip: { trigger: "axis", renderMode: "richText", confine: true, valueFormatter: (v) => Math.round(v).toLocaleString("en") },
    series: [
      { type: "line", name: words.predicted, symbol: "none", color: token("--accent"), lineStyle: { width: 2, type: "dashed" }, data: points.map((p) => p.predicted) },
      { type: "line", name: words.actual, symbol: "none", color: token("--ink"), lineStyle: { width: 2 }, data: points.map((p) => p.actual) },
    ],
  });
  // On the diagonal as much came as was expected.
  const calibration = (points, words) => {
    const end = Math.max(...points.map((p) => Math.max(p.expected, p.actual))) * 1.05 || 1;
    const axis = (name) => ({ type: "value", min: 0, max: end, name, nameLocation: "middle", nameGap: 28, axisLabel: { hideOverlap: true, formatter: (v) => v.toFixed(1) }, splitLine: { lineStyle: { color: token("--line") } } });
    return Object.assign(frame(words), {
      grid: { left: 34, right: 16, top: 14, bottom: 28, containLabel: true },
      xAxis: axis(words.expected),
      yAxis: axis(words.actual),
      tooltip: {
        trigger: "item", renderMode: "richText", confine: true,
        formatter: (item) => {
          const p = points[item.dataIndex];
          return words.expected + " " + p.expected.toFixed(2) + "\n" + words.actual + " " + p.actual.toFixed(2) + "\n" + words.n.replace("%", p.n.toLocaleString("en"));
        },
      },
      series: [
        { type: "line", symbol: "none", silent: true, color: token("--ink-3"), lineStyle: { type: "dashed", width: 1 }, data: [[0, 0], [end, end]] },
        { type: "scatter", symbolSize: 10, color: token("--accent"), data: points.map((p) => [p.expected, p.actual]) },
      ],
    });
  };
  // Shares of gaps that are over, with and without waits that go on, over the
  // number that ended; upright lines where stages change.
  const gaps = (points, words) => Object.assign(frame(words), {
    legend: { top: 0, right: 0, itemWidth: 18, itemHeight: 8 },
    grid: { left: 8, right: 16, top: 48, bottom: 4, containLabel: true },
    xAxis: { type: "value", min: 0, max: Math.max(points[points.length - 1].day, ...points[0].cuts), axisLabel: { hideOverlap: true }, splitLine: { show: false } },
    yAxis: [
      { type: "value", min: 0, max: 1, axisLabel: { formatter: (v) => Math.round(v * 100) + "%" }, splitLine: { lineStyle: { color: token("--line") } } },
      { type: "value", min: 0, splitLine: { show: false }, axisLabel: { hideOverlap: true } },
    ],
    tooltip: {
      trigger: "axis", renderMode: "richText", confine: true,
      formatter: (items) => {
        const p = points.find((q) => q.day === items[0].value[0]) || points[0];
        return words.day.replace("%", p.day) + "\n" + words.over + " " + (p.over * 100).toFixed(1) + "%\n" + words.naive + " " + (p.naive * 100).toFixed(1) + "%\n" + words.ended + " " + p.ended.toLocaleString("en");
      },
    },
    series: [
      { type: "bar", name: words.ended, yAxisIndex: 1, barMaxWidth: 8, color: token("--line"), data: points.map((p) => [p.day, p.ended]) },
      { type: "line", name: words.naive, symbol: "none", color: token("--ink-3"), lineStyle: { width: 1.5, type: "dashed" }, data: points.map((p) => [p.day, p.naive]) },
      { type: "line", name: words.over, symbol: "none", color: token("--accent"), lineStyle: { width: 2 }, data: points.map((p) => [p.day, p.over]),
        markLine: { silent: true, symbol: "none", lineStyle: { color: token("--warn"), type: "solid", width: 1 }, label: { formatter: (m) => m.value }, data: points[0].cuts.map((day) => ({ xAxis: day })) } },
    ],
  });
  const kinds = { gaps, value, moves, sizes, whisker, lying, bars, tracking, calibration };

  const draw = async (box) => {
    const answer = await fetch(box.dataset.chart, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error("chart " + answer.status);
    const points = await answer.json();
    if (!points || points.length === 0) { box.hidden = true; return; }
    box.textContent = "";
    const chart = echarts.init(box, null, { renderer: "canvas" });
    chart.setOption(kinds[box.dataset.kind](points, box.dataset));
    new ResizeObserver(() => chart.resize()).observe(box);
  };
  const boxes = [...document.querySelectorAll("[data-chart]")];
  if (boxes.length > 0) {
    const library = document.createElement("script");
    library.src = document.body.dataset.charts;
    library.onload = () => boxes.forEach((box) => draw(box).catch(() => { box.textContent = box.dataset.failed; }));
    document.head.append(library);
  }
})();
