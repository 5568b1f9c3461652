import { useEffect, useRef } from "preact/hooks";
import { t } from "./i18n";

export interface Series {
  label: string;
  values: (number | null)[];
}

interface PlotProps {
  label: string;
  /** Seconds since 1970. */
  times: number[];
  series: Series[];
  /** How many seconds the time axis shows; without it, the axis shows the time from the first value to the last. */
  windowSeconds?: number;
  isStepped?: boolean;
}

/** The seconds on the time axis of a plot that has no two times. */
const shortest = 60;

/** Lines over time; the library is loaded when the first plot is shown. */
export function Plot({ label, times, series, windowSeconds, isStepped = false }: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<{ setData(data: unknown): void; destroy(): void } | undefined>(undefined);
  const data: [number[], ...(number | null)[][]] = [times, ...series.map((one) => one.values)];
  const latest = useRef(data);
  latest.current = data;

  useEffect(() => {
    let isWanted = true;
    let resized: ResizeObserver | undefined;
    void (async () => {
      const [{ default: UPlot }] = await Promise.all([import("uplot"), import("uplot/dist/uPlot.min.css")]);
      const element = box.current;
      if (!isWanted || !element) {
        return;
      }
      const style = getComputedStyle(element);
      const axis = { stroke: style.getPropertyValue("--soft"), grid: { stroke: style.getPropertyValue("--line"), width: 1 } };
      const colours = ["--link", "--bad", "--good"].map((name) => style.getPropertyValue(name));
      const made = new UPlot({
        width: element.clientWidth, height: 200,
        scales: {
          x: {
            range: (_, low, high) => {
              const [times] = latest.current;
              const [first, last] = [times.at(0) ?? Infinity, times.at(-1) ?? Date.now() / 1000];
              return windowSeconds === undefined && first < last ? [low, high] : [last - (windowSeconds ?? shortest), last];
            },
          },
          y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.1 : 1] },
        },
        axes: [axis, { ...axis, size: 70 }],
        series: [{ label: t("at") }, ...series.map((one, index) => ({
          label: one.label, stroke: colours[index % colours.length] ?? "gray", width: 2, points: { show: false },
          ...(isStepped && UPlot.paths.stepped && { paths: UPlot.paths.stepped({ align: 1 }) }),
        }))],
      }, latest.current as uPlot.AlignedData, element);
      plot.current = made as unknown as NonNullable<typeof plot.current>;
      resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: 200 }));
      resized.observe(element);
    })();
    return () => {
      isWanted = false;
      resized?.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [label, series.length]);

  useEffect(() => plot.current?.setData(data));
  return <div ref={box} class="plot" role="img" aria-label={label} />;
}
