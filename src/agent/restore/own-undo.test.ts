import { expect, test } from 'vitest'
import { fakeMachine } from '../../../test/support/fake-machine.ts'
import { recordingHost } from '../../host/recording.ts'
import { BUNDLE_STEPS } from '../../ledger/baked.ts'
import type { ChangeEntry } from '../../ledger/entry.ts'
import { hasUndo, hasUndoOfNode } from './own-undo.ts'

const KUBELET = '/usr/local/bin/kubelet'

async function upgraded(step: string, finds: typeof hasUndo) {
  const machine = fakeMachine()
  machine.files.seed(KUBELET, 'the former one')
  machine.files.seed('/bundle/kubelet', 'the new one')
  const changes: Pick<ChangeEntry, 'step' | 'undo'>[] = [{ step, undo: { kind: 'remove-path', path: KUBELET } }]
  const record = async ({ undo }: Pick<ChangeEntry, 'undo'>) => void changes.push({ step: 'exchange/kubelet', undo })
  const hasIt = (path: string) => finds(changes, path)
  const host = recordingHost({ machine, record, backupDirectory: '/backups', hasUndo: hasIt })
  await host.replace('/bundle/kubelet', KUBELET, 0o755)
  return changes.at(-1)?.undo.kind
}

test.each([
  ['of the image is kept on a node', `${BUNDLE_STEPS}kubelet/install-binary`, hasUndoOfNode, 'restore-file'],
  ['of the node is not kept', 'kubelet/install-binary', hasUndoOfNode, 'nothing'],
  ['of the image is not kept on the template', `${BUNDLE_STEPS}kubelet/install-binary`, hasUndo, 'nothing'],
])('an executable %s', async (_, step, finds, kind) => {
  expect(await upgraded(step, finds)).toBe(kind)
})
