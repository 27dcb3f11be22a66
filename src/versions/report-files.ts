import type { ModelVersion, VersionFiles } from '../ports/registry.js';
import type { VersionFileName } from '../registry/manifest.js';
import { renderHtmlReport } from '../report/html-report.js';
import { encodeJson } from './model-files.js';
import type { TrainReport } from './train-report.js';

/** The report of a version, for programs and for people. */
export function encodeReportFiles(report: TrainReport, createdAtMs: number, codeVersion: string): VersionFiles {
  const page = renderHtmlReport({ ...report, createdAtMs, codeVersion });
  return new Map<VersionFileName, Uint8Array>([
    ['report.json', encodeJson(report)],
    ['report.html', new TextEncoder().encode(page)],
  ]);
}

/** The report of a version, with what was decided after it was published; `undefined` where it came without one. */
export function decodeReport({ files, decision }: ModelVersion): TrainReport | undefined {
  const bytes = files.get('report.json');
  if (bytes === undefined) return undefined;
  const report: TrainReport = JSON.parse(new TextDecoder().decode(bytes));
  if (decision === undefined) return report;
  const { verdict, isPromoted, reasons } = decision;
  return { ...report, verdict, promoted: isPromoted, reasons };
}

/** Whether a version still waits for the names that it is tested together with. */
export function isUndecided({ manifest, decision }: ModelVersion): boolean {
  return decision === undefined && (manifest.run?.nameCount ?? 1) > 1;
}
