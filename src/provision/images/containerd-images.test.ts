import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { containerdPrograms, STANDARD } from '../../base/layout.ts'
import { importImage } from './containerd-images.ts'

const CTR = `${containerdPrograms(STANDARD)}/ctr`

test.each([
  ['ctr: write /var/lib/containerd/tmpmounts/x: no space left on device: unknown', 'disk/full'],
  ['ctr: write /var/lib/containerd/tmpmounts/x: disk quota exceeded: unknown', 'disk/full'],
  ['ctr: archive/tar: invalid tar header', 'command/failed'],
])('an import that fails with %s', async (stderr, code) => {
  const host = fakeHost({ directories: ['/run/systemd/system'] })
  host.on(['systemctl', 'show'], { stdout: 'ActiveState=active\n' })
  host.on([CTR], { exitCode: 1, stderr })
  const imported = importImage(host, 'registry.example/tool:v1', '/tool.tar', new AbortController().signal)
  await expect(imported).rejects.toMatchObject({ code, fix: expect.stringMatching(/./) })
})
