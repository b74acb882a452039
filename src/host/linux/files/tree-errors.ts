import { AgentError } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'
import { errorMessage } from '../../../base/text/error-message.ts'

export interface Left {
  path: string
  error: unknown
}

/** Maximum length of a path in a message, of which the end is kept. */
const SHOWN = 300
/** The end of a long path. */
export const ending = (path: string) => (path.length > SHOWN ? `…${path.slice(-SHOWN)}` : path)

export function treeLeft(path: string, left: readonly Left[]): AgentError {
  const [first] = left as [Left]
  const { error } = first
  const isDenied = error instanceof AgentError && error.code === 'file/denied'
  return new AgentError(
    'undo/tree-left',
    `${left.length} entries of ${path} could not be deleted, first ${ending(first.path)}: ${ending(errorMessage(error))}`,
    {
      // chattr -f continues after files that do not support attributes.
      fix: isDenied
        ? `find immutable and append-only files (${command`lsattr -R ${path}`}), clear these attributes (${command`chattr -R -f -i -a ${path}`}), then run the same command again`
        : `find out which process uses it (${command`lsof +D ${path}`}), then run the same command again`,
      cause: error,
    },
  )
}

export function notADirectory(path: string): AgentError {
  return new AgentError(
    'undo/not-a-directory',
    `${path} was replaced by a link or a file; expected the directory that Cantrip created`,
    {
      fix: `check what it is (${command`stat ${path}`}), move it away, then run the same command again`,
    },
  )
}

export function holdsMount(path: string, mounts: string[]): AgentError {
  return new AgentError(
    'undo/holds-mount',
    `${path} was not deleted, because it contains mounts: ${mounts.join(' ')}`,
    {
      fix: `unmount it, then run the same command again: ${command`umount ${mounts.toReversed()}`}`,
    },
  )
}
