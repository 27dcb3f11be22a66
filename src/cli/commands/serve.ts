import { TradeAiError } from '../../core/errors.js';
import { STALE_ANSWERS, type StaleAnswers } from '../../options/serve-options.js';
import { serveWorkspace } from '../../server/serve-workspace.js';
import { type FlagValues, readText } from '../flag-values.js';
import { logFormatOf } from '../log-lines.js';
import type { Shell } from '../shell.js';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** `tradeai serve` */
export async function runServe(shell: Shell, flags: FlagValues): Promise<void> {
  const { console, workspace, environment, signal } = shell;
  const { serve, schedule } = await workspace.config();
  const port = readPort(readText(flags.port) ?? environment.TRADEAI_PORT);
  const host = readText(flags.host) ?? environment.TRADEAI_HOST;
  const staleAnswers = readStaleAnswers(readText(flags.staleAnswers) ?? environment.TRADEAI_STALE_ANSWERS);
  await serveWorkspace({
    home: workspace.home,
    environment,
    serve: {
      ...serve,
      ...(port === undefined ? {} : { port }),
      ...(host === undefined ? {} : { host }),
      ...(staleAnswers === undefined ? {} : { staleAnswers }),
    },
    schedule,
    isDemo: false,
    logLevel: readLogLevel(readText(flags.logLevel) ?? 'info'),
    formatLog: logFormatOf(console),
    signal,
    onReady(url) {
      if (shell.isJson) console.printData(JSON.stringify({ url }));
      else console.printNote(`serving ${workspace.home} on ${url} (Ctrl-C stops it)`);
    },
  });
}

/** @throws TradeAiError `USAGE` */
export function readPort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new TradeAiError('USAGE', `--port: expected a number from 0 to 65535, was ${JSON.stringify(text)}`);
}

/** @throws TradeAiError `USAGE` */
function readStaleAnswers(text: string | undefined): StaleAnswers | undefined {
  const choice = STALE_ANSWERS.find((known) => known === text);
  if (choice !== undefined || text === undefined) return choice;
  throw new TradeAiError(
    'USAGE',
    `--stale-answers: expected one of ${STALE_ANSWERS.join(', ')}, was ${JSON.stringify(text)}`,
  );
}

function readLogLevel(text: string): string {
  if (LOG_LEVELS.includes(text)) return text;
  throw new TradeAiError('USAGE', `--log-level: expected one of ${LOG_LEVELS.join(', ')}, was ${JSON.stringify(text)}`);
}
