import { expect, test } from 'vitest'
import { SETTINGS } from '../../../protocol/settings/cluster-settings.ts'
import type { Setting } from '../../../protocol/settings/setting.ts'
import { draftOf, draftProblem, SETTING_NAMES, settingsOf, titleOf } from './drafts.ts'

test.each(SETTING_NAMES)('%s is the same after it was shown in a field', (name) => {
  const { example } = SETTINGS[name] as Setting
  const draft = draftOf(name, example)
  expect(draftProblem(name, draft)).toBeUndefined()
  expect(settingsOf({ [name]: draft })).toEqual({ [name]: example })
})

test('defaults are left to the controller', () => {
  const drafts = Object.fromEntries(SETTING_NAMES.map((name) => [name, draftOf(name)]))
  expect(settingsOf(drafts)).toEqual({})
})

test('a wrong value is told with what is wanted', () => {
  expect(draftProblem('labels', 'a b=c')).toContain('Wanted a Kubernetes label KEY=VALUE')
  expect(draftProblem('installerTtlDays', 'many')).toContain('from 1 to 3650')
  expect(draftProblem('overrides', 'kubelet: [')).toContain('no YAML')
  expect(draftProblem('labels', 'site=north\n\n zone = ')).toBeDefined()
  expect(draftProblem('labels', 'site=north\nempty')).toBeUndefined()
})

test('titles are words', () => {
  expect(titleOf('podSubnet')).toBe('Pod subnet')
  expect(titleOf('registryMirrors')).toBe('Registry mirrors')
  expect(titleOf('cni')).toBe('Pod network')
})
