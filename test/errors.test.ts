import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { codesInCode, filesWithoutCode } from '../scripts/errors/codes-in-code.ts'
import { LIST, listOfErrors, listText } from '../scripts/errors/list.ts'
import { ERROR_STATUS } from '../src/protocol/api/errors.ts'

// Scripts depend on error codes, exit codes and HTTP statuses, so a change here breaks them.
test('scripts/errors/codes.txt lists every code with its exit code and status (node scripts/errors/list.ts --write)', () => {
  expect(listText(listOfErrors()).split('\n')).toEqual(readFileSync(LIST, 'utf8').split('\n'))
}, 120_000)

test('each error code has one kind', () => {
  const several = listOfErrors().filter(({ kinds }) => kinds.length > 1)
  // The path is unknown (invalid), or it is known but cannot be upgraded (refused).
  expect(several.map(({ code }) => code)).toEqual(['path/unknown'])
})

test('each error is answered with the status that the route declares for its code', () => {
  const declared = new Map(Object.entries<number>(ERROR_STATUS))
  const others = listOfErrors().filter(({ code, statuses }) => statuses.some((status) => status !== declared.get(code)))
  const wrong = others.filter(({ code }) => declared.has(code))
  expect(wrong.map(({ code, statuses }) => `${code}: ${statuses}, declared ${declared.get(code)}`)).toEqual([])
  const codes = listOfErrors().map(({ code }) => code)
  expect([...declared.keys()].filter((code) => !codes.includes(code))).toEqual([])
})

/** Files that create errors with a code from a parameter or from another error. The callers are searched instead. */
const WITHOUT_CODE: readonly string[] = [
  'agent/execute/execute.ts',
  'agent/execute/keep-images.ts',
  'agent/identity/await-registration.ts',
  'agent/identity/credential-file.ts',
  'base/agent-error.ts',
  'bundle/error.ts',
  'cli/agent/carry-out-workflow.ts',
  'cli/agent/prechecks/run-prechecks.ts',
  'cli/controller/clusters/images/await-nodes.ts',
  'cli/controller/clusters/settings.ts',
  'cli/controller/declare/problem.ts',
  'cli/controller/declare/read-text.ts',
  'cli/controller/follow/watch.ts',
  'cli/controller/nodes/until-removed.ts',
  'cli/controller/session/resolve.ts',
  'controller/api/admission/admit.ts',
  'controller/clusters/backups/back-up.ts',
  'controller/clusters/backups/restore.ts',
  'controller/clusters/kubeconfigs/issue.ts',
  'controller/clusters/upgrade/commands.ts',
  'controller/declaration/apply.ts',
  'controller/domain/admission.ts',
  'controller/domain/settings/subnets.ts',
  'controller/nodes/find.ts',
  'controller/nodes/invite.ts',
  'controller/nodes/scheduling.ts',
  'engine/step.ts',
  'host/files/given-file.ts',
  'host/linux/files/file-error.ts',
  'provision/etcd/backup/admit.ts',
]

test('the search finds every code', () => {
  expect(filesWithoutCode()).toEqual(WITHOUT_CODE)
  expect(codesInCode().length).toBeGreaterThan(250)
})
