import { expect, test } from 'vitest'
import { CRASHING, KUBELET_JOURNAL } from '../../../test/support/fixtures/kubelet-journal.ts'
import { DEFAULT_VERSIONS } from '../../bundle/versions/sets.ts'
import { exitsOf, parsePodErrors } from './pod-errors.ts'

test('errors of the kubelet about pods that do not start', () => {
  expect(parsePodErrors(KUBELET_JOURNAL)).toEqual([
    {
      pod: 'kube-system/kube-scheduler-n1',
      container: 'kube-scheduler',
      reason: 'ErrImageNeverPull',
      message: `Container image "registry.k8s.io/kube-scheduler:${DEFAULT_VERSIONS.kubernetes}" is not present with pull policy of Never`,
    },
    {
      pod: 'kube-system/kube-apiserver-n1',
      reason: 'CreatePodSandboxError',
      message: expect.stringContaining("can't get final child's PID from pipe: EOF"),
    },
    {
      pod: '/etc/kubernetes/manifests/kube-apiserver.yaml',
      reason: 'ManifestNotReadable',
      message: expect.stringContaining("couldn't parse as pod"),
    },
  ])
})

test('a container exited once more than the kubelet changed the back-off time', () => {
  expect(exitsOf(parsePodErrors(CRASHING('10s')))).toBe(2)
  expect(exitsOf(parsePodErrors(CRASHING('10s') + CRASHING('10s')))).toBe(2)
  expect(exitsOf(parsePodErrors(CRASHING('10s') + CRASHING('20s')))).toBe(3)
  expect(exitsOf([])).toBe(0)
})
