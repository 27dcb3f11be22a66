/** How a verb is declared: its help, the flags that every verb has, and what runs it. */

import { type Command, Option } from 'commander';
import type { FlagValues } from './flag-values.js';
import type { Shell, ShellOptions } from './shell.js';

/** The flags of a command line as commander gives them. */
export type Flags = FlagValues & ShellOptions;

/** A verb with the flags that every verb has. */
export function addVerb(parent: Command, name: string, description: string, examples: readonly string[]): Command {
  return parent
    .command(name)
    .description(description)
    .addOption(new Option('--home <FOLDER>', 'the workspace (default: $TRADEAI_HOME, else this folder)'))
    .addOption(new Option('--json', 'print one JSON document'))
    .addHelpText('after', `\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}`);
}

type Action<Options> = (shell: Shell, flags: Options, args: (string | undefined)[]) => Promise<void>;

export function onAction<Options extends ShellOptions>(command: Command, run: Action<Options>): void {
  command.action(async (...values: unknown[]) => {
    const flags = command.opts<Options>();
    // An argument that may stand several times is a list.
    const args = values.slice(0, command.registeredArguments.length).flat() as (string | undefined)[];
    const { runInShell } = await import('./shell.js');
    await runInShell(flags, (shell) => run(shell, flags, args));
  });
}
