import { AgentError } from '../../base/agent-error.ts'

const OTHER = 'use another backup'

export const damaged = (why: string, cause?: unknown) =>
  new AgentError('backup/damaged', `the backup is damaged: ${why}`, { fix: OTHER, kind: 'invalid', cause })

export const truncated = () =>
  new AgentError('backup/truncated', 'the backup is incomplete: its end is missing', {
    fix: 'copy it again from where it was made, or use another backup',
    kind: 'invalid',
  })
