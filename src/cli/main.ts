#!/usr/bin/env node
import { CommanderError } from 'commander';
import { buildProgram } from './program.js';
import { guardStandardStreams } from './standard-streams.js';

/** Exit status of a wrong command line. */
const USAGE_STATUS = 2;

guardStandardStreams();
try {
  await buildProgram().parseAsync();
} catch (error) {
  // Commander has already told the person what was wrong.
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : USAGE_STATUS;
}
