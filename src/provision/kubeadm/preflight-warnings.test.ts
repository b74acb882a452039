import { expect, test } from 'vitest'
import { preflightWarnings } from './preflight-warnings.ts'

test.each(['Service-Kubelet', 'Service-kubelet'])(
  'the warning about the unit of the kubelet (%s) is omitted',
  (name) => {
    const others = '[WARNING FileExisting-socat]: socat not found in system path'
    const stderr = `\t[WARNING ${name}]: kubelet service is not enabled, please run 'systemctl enable kubelet.service'\n\t${others}\n`
    expect(preflightWarnings(stderr)).toEqual([others])
  },
)
