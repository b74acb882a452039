import * as z from 'zod/mini'
import type { Settings } from './setting.ts'

export const enrolment = {
  autoApprove: {
    schema: z.boolean(),
    default: false,
    flag: '--auto-approve',
    kind: 'switch',
    help: 'approve nodes automatically',
    wanted: 'true or false',
    example: true,
    show: { title: 'Approval', text: (automatic: boolean) => (automatic ? 'automatic' : 'by an administrator') },
    change: { class: 'live' },
  },
  installerTtlDays: {
    schema: z.int().check(z.minimum(1), z.maximum(3_650)),
    default: 365,
    flag: '--installer-ttl <days>',
    kind: 'number',
    help: 'how long nodes can enrol with its credentials, in days',
    wanted: 'a number of days from 1 to 3650',
    example: 30,
    show: { title: 'Enrolment', text: (days: number) => `credentials valid for ${days} days` },
    change: { class: 'live' },
  },
} as const satisfies Settings
