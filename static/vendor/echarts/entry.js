/* What the portal's charts are made of, and nothing else; build.py bundles it. */
import { init, use } from "echarts/core";
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { SVGRenderer } from "echarts/renderers";

use([BarChart, LineChart, GridComponent, TooltipComponent, LegendComponent, SVGRenderer]);
window.PortalCharts = { init: init };
