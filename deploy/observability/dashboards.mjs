// Writes the dashboards of Grafana from the description below: node deploy/observability/dashboards.mjs
// A test compares the files with what this program writes, and the names of metrics with those that the programs export.
import { mkdirSync, writeFileSync } from 'node:fs';

const rate = (metric, by, labels = '') => `sum by (${by}) (rate(${metric}{job=~"$job"${labels}}[$__rate_interval]))`;
const quantile = (q, metric, by) =>
  `histogram_quantile(${q}, sum by (${by ? `${by}, ` : ''}le) (rate(${metric}_bucket{job=~"$job"}[$__rate_interval])))`;
const gauge = (aggregate, metric, by) => `${aggregate} ${by ? `by (${by}) ` : ''}(${metric}{job=~"$job"})`;

// A panel: title, unit of Grafana, and the queries by their legends.
const dashboards = [
  {
    uid: 'portico-overview',
    title: 'Portico: requests and dependencies',
    rows: {
      Requests: [
        ['Requests per second', 'reqps', { '{{job}}': 'job:http_server_requests:rate5m{job=~"$job"}' }],
        ['Failed requests', 'percentunit', { '{{job}}': 'job:http_server_errors:ratio5m{job=~"$job"}' }],
        ['99th percentile', 's', { '{{job}}': 'job:http_server_request_duration_seconds:p99_5m{job=~"$job"}' }],
        ['Requests by status', 'reqps', {
          '{{http_response_status_code}}': rate('http_server_request_duration_seconds_count', 'http_response_status_code'),
        }],
        ['Slowest routes, 95th percentile', 's', {
          '{{http_route}}': `topk(8, ${quantile(0.95, 'http_server_request_duration_seconds', 'http_route')})`,
        }],
        ['Running requests and connections', 'short', {
          'requests of {{job}}': gauge('sum', 'http_server_active_requests', 'job'),
          'connections of {{job}}': gauge('sum', 'kestrel_active_connections', 'job'),
        }],
      ],
      Dependencies: [
        ['Programs', 'short', { '{{job}} {{instance}}': 'up{job=~"$job"}' }],
        ['Dependencies', 'short', { '{{dependency}}': gauge('min', 'portico_dependency_up', 'dependency') }],
        ['Parts of the dashboard that failed or were old', 'percentunit', {
          '{{part}}': `${rate('portico_dashboard_part_duration_seconds_count', 'part', ', outcome!="ok"')} / `
            + rate('portico_dashboard_part_duration_seconds_count', 'part'),
        }],
        ['Services behind the gateway, 95th percentile', 's', {
          '{{service}}': quantile(0.95, 'portico_gateway_request_duration_seconds', 'service'),
        }],
      ],
      Processes: [
        ['Processors in use', 'short', { '{{job}} {{instance}}': rate('dotnet_process_cpu_time_seconds_total', 'job, instance') }],
        ['Memory', 'bytes', { '{{job}} {{instance}}': gauge('sum', 'dotnet_process_memory_working_set_bytes', 'job, instance') }],
        ['Garbage collections', 'short', { 'generation {{gc_heap_generation}}': rate('dotnet_gc_collections_total', 'gc_heap_generation') }],
        ['Work that waits for a thread', 'short', { '{{job}} {{instance}}': gauge('sum', 'dotnet_thread_pool_queue_length_total', 'job, instance') }],
      ],
    },
  },
  {
    uid: 'portico-money',
    title: 'Portico: ledger, events and notifications',
    rows: {
      Ledger: [
        ['Instructions that wait', 'short', { '{{instance}}': gauge('max', 'portico_ledger_queue_length', 'instance') }],
        ['Instructions in a transaction, 95th percentile', 'short', {
          instructions: quantile(0.95, 'portico_ledger_group_size'),
        }],
        ['Transactions tried again', 'short', { retries: rate('portico_ledger_retries_total', 'job') }],
        ['Oldest journal in no block', 's', { age: gauge('max', 'portico_chain_unsealed_oldest_seconds') }],
        ['Blocks and journals sealed per second', 'short', {
          blocks: rate('portico_chain_blocks_total', 'job'),
          journals: rate('portico_chain_journals_total', 'job'),
        }],
        ['Wrong checks of the last verification', 'short', { checks: gauge('max', 'portico_ledger_wrong_checks') }],
      ],
      Events: [
        ['Events that wait for the stream', 'short', { events: gauge('max', 'portico_outbox_depth') }],
        ['Age of the oldest one', 's', { age: gauge('max', 'portico_outbox_oldest_seconds') }],
        ['Published per second', 'short', { '{{job}}': rate('portico_outbox_published_total', 'job') }],
        ['Failures to publish', 'short', { '{{reason}}': rate('portico_outbox_failures_total', 'reason') }],
        ['Handled events per second', 'short', { '{{handler}} {{outcome}}': rate('portico_events_total', 'handler, outcome') }],
        ['Dead letters', 'short', {
          events: gauge('max', 'portico_events_dead'),
          notifications: gauge('max', 'portico_messages_dead'),
        }],
      ],
      Notifications: [
        ['Sent per second', 'short', { '{{template}} {{outcome}}': rate('portico_messages_total', 'template, outcome') }],
        ['Waiting', 'short', { notifications: gauge('max', 'portico_messages_queued') }],
        ['Age of the oldest one', 's', { age: gauge('max', 'portico_messages_oldest_seconds') }],
      ],
      'Orders and payments': [
        ['Interrupted orders that were ended', 'short', {
          ended: rate('portico_orders_recovered_total', 'job'),
          failed: rate('portico_orders_recovery_failures_total', 'job'),
        }],
        ['Work on payments', 'short', { '{{outcome}}': rate('portico_payments_work_total', 'outcome') }],
      ],
    },
  },
  {
    uid: 'portico-security',
    title: 'Portico: limits, sign-in and caches',
    rows: {
      Security: [
        ['Requests over a limit', 'short', { '{{limit}}': rate('portico_limit_refused_total', 'limit') }],
        ['Requests that one process counted alone', 'short', { '{{limit}}': rate('portico_limit_local_total', 'limit') }],
        ['Sign-ins that were asked for a code', 'short', { challenges: rate('portico_sign_in_challenges_total', 'job') }],
        ['Sessions that ended by reuse of a token', 'short', { sessions: rate('portico_session_reuse_total', 'job') }],
        ['Password hashes per second', 'short', { '{{algorithm}}': rate('portico_password_hashes_total', 'algorithm') }],
      ],
      Caches: [
        ['Reads of the query cache', 'short', { '{{query}} {{outcome}}': rate('portico_cache_reads_total', 'query, outcome') }],
        ['Invalidated tags per second', 'short', { tags: rate('portico_cache_invalidations_total', 'job') }],
        ['Age of cached answers, 95th percentile', 's', { age: quantile(0.95, 'portico_cache_age_seconds') }],
        ['Second reads of slow services', 'short', { '{{downstream}}': rate('portico_dashboard_hedges_total', 'downstream') }],
      ],
    },
  },
];

const datasource = { type: 'prometheus', uid: 'prometheus' };
const columns = 3;
const size = { w: 24 / columns, h: 7 };

function render({ uid, title, rows }) {
  const panels = [];
  let y = 0;
  for (const [row, content] of Object.entries(rows)) {
    panels.push({ id: panels.length + 1, type: 'row', title: row, collapsed: false, gridPos: { x: 0, y, w: 24, h: 1 }, panels: [] });
    y += 1;
    content.forEach(([name, unit, queries], at) => panels.push({
      id: panels.length + 1,
      type: 'timeseries',
      title: name,
      datasource,
      gridPos: { x: (at % columns) * size.w, y: y + Math.floor(at / columns) * size.h, ...size },
      fieldConfig: { defaults: { unit, min: 0, custom: { fillOpacity: 10, showPoints: 'never' } }, overrides: [] },
      options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
      targets: Object.entries(queries).map(([legendFormat, expr], index) =>
        ({ refId: String.fromCharCode(65 + index), datasource, expr, legendFormat })),
    }));
    y += Math.ceil(content.length / columns) * size.h;
  }

  return {
    uid, title, tags: ['portico'], timezone: 'browser', editable: false, schemaVersion: 41, version: 1,
    refresh: '30s', time: { from: 'now-3h', to: 'now' },
    templating: {
      list: [{
        name: 'job', label: 'Program', type: 'query', datasource, query: { query: 'label_values(up{job=~"portico.*"}, job)', refId: 'job' },
        includeAll: true, multi: true, current: { text: 'All', value: '$__all' }, refresh: 2,
      }],
    },
    annotations: {
      list: [{
        name: 'Alerts', enable: true, iconColor: 'red', datasource, expr: 'ALERTS{alertstate="firing"}', titleFormat: '{{alertname}}',
      }],
    },
    panels,
  };
}

const folder = process.argv[2] ?? new URL('grafana/dashboards', import.meta.url).pathname;
mkdirSync(folder, { recursive: true });
for (const dashboard of dashboards) {
  // A line for each panel, so that a change is readable.
  const { panels, ...rest } = render(dashboard);
  const head = JSON.stringify(rest).slice(0, -1);
  writeFileSync(`${folder}/${dashboard.uid}.json`, `${head},"panels":[\n${panels.map(panel => JSON.stringify(panel)).join(',\n')}\n]}\n`);
}
