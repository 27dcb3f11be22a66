// Runs commands of the built program one after the other, as its main does, with whatever output this process has.
// usage: node closed-output.mjs OUTCOME_FILE JSON_LIST_OF_ARGUMENT_LISTS
import { writeFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { buildProgram } from '../../dist/cli/program.js';
import { guardStandardStreams } from '../../dist/cli/standard-streams.js';

const [outcomeFile, commands] = process.argv.slice(2);
const errorCodes = [];
process.stdout.on('error', ({ code }) => errorCodes.push(code));
guardStandardStreams();

const statuses = [];
for (const args of JSON.parse(commands)) {
  try {
    await buildProgram().parseAsync([process.execPath, 'tradeai', ...args]);
  } catch (error) {
    if (!(error instanceof CommanderError && error.exitCode === 0)) throw error;
  }
  // What was written has failed once a later write has been answered.
  await new Promise((resolve) => process.stdout.write('', resolve));
  statuses.push(process.exitCode ?? 0);
  process.exitCode = 0;
}
writeFileSync(outcomeFile, JSON.stringify({ statuses, errorCodes }));
