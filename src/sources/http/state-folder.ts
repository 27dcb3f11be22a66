import { homedir, tmpdir, userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * The folder for what all workspaces of a user share: `TRADEAI_STATE_FOLDER`, else `$XDG_STATE_HOME/tradeai`, else
 * `~/.local/state/tradeai`, else a folder of the user among the temporary files. XDG wants absolute paths
 * (https://specifications.freedesktop.org/basedir-spec/latest/).
 */
export function stateFolderOf(environment: NodeJS.ProcessEnv): string {
  const { TRADEAI_STATE_FOLDER: own, XDG_STATE_HOME: xdg } = environment;
  if (own) return own;
  if (xdg && isAbsolute(xdg)) return join(xdg, 'tradeai');
  const home = environment.HOME ?? homedir();
  if (home && home !== '/') return join(home, '.local', 'state', 'tradeai');
  return join(tmpdir(), `tradeai-${userInfo().uid}`);
}
