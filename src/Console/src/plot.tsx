import { useEffect, useRef } from "preact/hooks";
import { language, t, time } from "./i18n";

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

/** The labels of the time axis: each has a time, and the date below it when that is another one than before. */
function labelsOf(times: number[], step: number): string[] {
  const day = 86_400;
  const formats: Intl.DateTimeFormatOptions[] = step >= 28 * day ? [{ month: "short" }, { year: "numeric" }]
    : step >= day ? [{ day: "numeric", month: "short" }, { year: "numeric" }]
    : [{ timeStyle: step < 60 ? "medium" : "short" }, { dateStyle: "short" }];
  const [near = [], far = []] = formats.map((format) => {
    const { format: text } = new Intl.DateTimeFormat(language, format);
    return times.map((at) => text(at * 1000));
  });
  return near.map((text, index) => far[index] === far[index - 1] ? text : `${text}\n${far[index]}`);
}

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
        width: element.clientWidth, height: 200, padding: [null, 40, null, null],
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
        axes: [{ ...axis, space: 80, values: (_, times, _axis, _space, step) => labelsOf(times, step) }, { ...axis, size: 70 }],
        series: [{
          label: t("at"), value: (_, at) => at === null ? "--" : time(new Date(at * 1000).toISOString()),
        }, ...series.map((one, index) => ({
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
