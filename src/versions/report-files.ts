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

/** The report of a version as it was written; `undefined` where it came without one. */
export function decodeReport({ files }: ModelVersion): TrainReport | undefined {
  const bytes = files.get('report.json');
  return bytes === undefined ? undefined : JSON.parse(new TextDecoder().decode(bytes));
}
