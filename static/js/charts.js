/* Draws the pictures of a page from its data: <div data-chart="line|bars|share" data-name="...">
   takes the entry of that name out of the JSON in #chart-data:
     {labels: [...], urls: [...] (optional), series: [{name, data: [...]}]}
   line   over time; bars  one row per label; share  one bar, cut into shares
   The words and tables beside a picture say the same; a picture opens the rows behind it. */
(function () {
  "use strict";
  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-print]")) {
      window.print();
    }
  });
  var source = document.getElementById("chart-data");
  var boxes = document.querySelectorAll("[data-chart]");
  if (!source || !boxes.length || !window.PortalCharts) {
    return;
  }
  var data = JSON.parse(source.textContent);
  var drawn = [];
  /* Told apart by people who see no red or green, and by lightness. */
  var COLOURS = {
    light: ["#1d5fa8", "#b8690a", "#2c7a6b", "#6b6259"],
    dark: ["#7db3f0", "#eeb058", "#6fc2b0", "#b6ada3"]
  };

  function style(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }
  function look() {
    var dark = document.documentElement.getAttribute("data-bs-theme") === "dark";
    return {
      colours: dark ? COLOURS.dark : COLOURS.light,
      ink: style("--ink"),
      quiet: style("--ink-2"),
      line: style("--line"),
      paper: style("--paper"),
      size: Math.round(parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.8125),
      font: getComputedStyle(document.body).fontFamily
    };
  }
  function thousands(value) {
    return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
  }
  function text(theme, colour) {
    return { color: colour || theme.quiet, fontSize: theme.size, fontFamily: theme.font };
  }
  function base(theme) {
    return {
      animation: false,
      color: theme.colours,
      textStyle: text(theme),
      tooltip: {
        renderMode: "richText", /* HTML tooltips need inline styles, which the policy forbids */
        backgroundColor: theme.paper,
        borderColor: theme.line,
        textStyle: text(theme, theme.ink),
        valueFormatter: thousands,
        confine: true
      }
    };
  }
  function values(theme) {
    return {
      type: "value",
      minInterval: 1,
      axisLabel: Object.assign(text(theme), { formatter: thousands }),
      splitLine: { lineStyle: { color: theme.line } }
    };
  }

  /* Where two lines are farthest apart: there each gets its name. */
  function widest(series) {
    var best = 0;
    var reach = -1;
    series[0].data.forEach(function (number, index) {
      var distance = series.length > 1 ? Math.abs(number - series[1].data[index]) : number;
      if (distance > reach && index > 0 && index < series[0].data.length - 1) {
        best = index;
        reach = distance;
      }
    });
    return best;
  }

  function line(chart, theme) {
    var option = base(theme);
    option.tooltip.trigger = "axis";
    option.grid = { left: 4, right: theme.size * 2, top: theme.size * 2, bottom: 4, containLabel: true };
    option.xAxis = {
      type: "category",
      data: chart.labels,
      boundaryGap: false,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: theme.line } },
      axisLabel: Object.assign(text(theme), { hideOverlap: true })
    };
    option.yAxis = values(theme);
    var apart = widest(chart.series);
    var highest = Math.max.apply(null, chart.series.map(function (series) { return Math.max.apply(null, series.data); }));
    option.series = chart.series.map(function (series, index) {
      var numbers = series.data.slice();
      var other = chart.series[1 - index];
      var above = !other || numbers[apart] > other.data[apart] || (!index && numbers[apart] === other.data[apart]);
      numbers[apart] = {
        value: numbers[apart],
        label: Object.assign(text(theme, theme.colours[index]), {
          show: true,
          formatter: series.name,
          fontWeight: 600,
          position: above || numbers[apart] < highest / 8 ? "top" : "bottom", /* not into the axis */
          distance: 6
        })
      };
      return {
        type: "line",
        name: series.name,
        data: numbers,
        symbol: index ? "rect" : "circle",
        symbolSize: 5,
        showAllSymbol: true,
        lineStyle: { width: 2, type: index ? "dashed" : "solid" }
      };
    });
    return option;
  }

  function bars(chart, theme) {
    var option = base(theme);
    var several = chart.series.length > 1;
    option.tooltip.trigger = "axis";
    option.tooltip.axisPointer = { type: "shadow", shadowStyle: { color: theme.line, opacity: 0.4 } };
    option.legend = {
      show: several, top: 0, left: 0, itemWidth: 12, itemHeight: 12, textStyle: text(theme, theme.ink), selectedMode: false
    };
    option.grid = { left: 4, right: theme.size * 4, top: several ? theme.size * 2.2 : 4, bottom: 4, containLabel: true };
    option.xAxis = Object.assign(values(theme), { axisLabel: { show: false }, splitLine: { show: false } });
    option.yAxis = {
      type: "category",
      inverse: true,
      data: chart.labels,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: theme.line } },
      axisLabel: Object.assign(text(theme, theme.ink), { width: theme.size * 9, overflow: "truncate" })
    };
    option.series = chart.series.map(function (series, index) {
      return {
        type: "bar",
        name: series.name,
        data: series.data,
        barMaxWidth: theme.size * 1.4,
        barGap: "10%",
        label: Object.assign(text(theme, theme.ink), {
          show: true,
          position: "right",
          formatter: function (item) { return thousands(item.value); }
        }),
        itemStyle: { color: theme.colours[index] }
      };
    });
    return option;
  }

  function share(chart, theme) {
    var option = base(theme);
    var numbers = chart.series[0].data;
    var whole = numbers.reduce(function (sum, n) { return sum + n; }, 0);
    option.tooltip.trigger = "item";
    option.grid = { left: 0, right: 0, top: theme.size * 2, bottom: 0 };
    option.legend = {
      top: 0, left: 0, itemWidth: 12, itemHeight: 12, textStyle: text(theme, theme.ink), selectedMode: false
    };
    option.xAxis = { type: "value", max: whole || 1, show: false };
    option.yAxis = { type: "category", data: [chart.series[0].name], show: false };
    option.series = chart.labels.map(function (label, index) {
      return {
        type: "bar",
        name: label,
        stack: "whole",
        data: [numbers[index]],
        barWidth: "90%",
        itemStyle: { color: theme.colours[index], borderColor: theme.paper, borderWidth: 1 },
        label: Object.assign(text(theme, theme.paper), {
          show: whole > 0 && numbers[index] / whole > 0.12,
          fontWeight: 600,
          formatter: function (item) { /* of fewer than ten cases the counts only */
            return whole < 10 ? item.value + " 件" : (item.value * 100 / whole).toFixed(1) + "%";
          }
        })
      };
    });
    return option;
  }

  var KINDS = { line: line, bars: bars, share: share };

  function draw(box) {
    var chart = data[box.getAttribute("data-name")];
    var kind = KINDS[box.getAttribute("data-chart")];
    if (!chart || !kind || !chart.labels.length) {
      return;
    }
    box.classList.add("is-drawn");
    var theme = look();
    if (kind === bars) {
      var height = (chart.labels.length * (chart.series.length + 0.6) + 2.5) * theme.size * 1.5;
      box.style.height = Math.round(height) + "px"; /* through the object model: allowed by the policy */
    }
    var picture = window.PortalCharts.init(box, null, { renderer: "svg" });
    picture.setOption(kind(chart, theme));
    if (chart.urls) {
      picture.on("click", function (event) {
        var url = chart.urls[kind === share ? event.seriesIndex : event.dataIndex];
        if (url) {
          window.location.assign(url);
        }
      });
    }
    drawn.push({ picture: picture, kind: kind, chart: chart });
  }
  function redraw() {
    var theme = look();
    drawn.forEach(function (one) { one.picture.setOption(one.kind(one.chart, theme), true); });
  }

  Array.prototype.forEach.call(boxes, draw);
  document.addEventListener("portal:theme", redraw);
  var waiting = 0;
  window.addEventListener("resize", function () {
    clearTimeout(waiting);
    waiting = setTimeout(function () {
      drawn.forEach(function (one) { one.picture.resize(); });
    }, 150);
  });
})();
