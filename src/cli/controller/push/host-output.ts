import * as z from 'zod/mini'
import { AgentError } from '../../../base/agent-error.ts'
import { shorten } from '../../../base/text/shorten.ts'

const short = z.string().check(z.maxLength(300))

/** Of the lines that a host prints, those that push needs. */
const Line = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('status'),
    status: z.object({
      cluster: z.nullish(short),
      nodeId: z.nullish(short),
      fingerprint: z.nullish(short),
    }),
    /** SHA-256 of a bundle's manifest, or empty. */
    prepared: z.optional(short),
  }),
  z.object({ kind: z.literal('registered'), nodeId: short, fingerprint: short }),
  z.object({ kind: z.literal('prepared'), bundle: short }),
  z.object({ kind: z.literal('step-started'), title: short }),
  z.object({
    kind: z.literal('prechecks'),
    checks: z
      .array(
        z.object({
          id: short,
          hard: z.boolean(),
          verdict: short,
          found: z.string().check(z.maxLength(10_000)),
          fix: z.optional(z.nullable(z.string().check(z.maxLength(10_000)))),
        }),
      )
      .check(z.maxLength(200)),
  }),
])
export type HostLine = z.infer<typeof Line>
export type PrecheckLine = Extract<HostLine, { kind: 'prechecks' }>

/** Undefined for all other lines: the shell of a user can print anything. */
export function parseLine(text: string): HostLine | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    const value = JSON.parse(text)
    // As `agent precheck -o json` prints it.
    return Line.safeParse('checks' in value ? { kind: 'prechecks', ...value } : value).data
  } catch {
    return undefined
  }
}

const FAILURE = /^\[-\] (.*(?:\n {4}(?!fix: ).*)*)(?:\n {4}fix: (.*(?:\n {4}.*)*))?/gm

/**
 * What the script or the agent says last in the form of errors: `[-] FOUND`, `    fix: FIX`. Undefined if it says nothing so. The words
 * are those of the machine, or of a jump host: they are quoted, and the fix is one of push.
 */
export function saidFailure(stderr: string): AgentError | undefined {
  const [, found, advice] = [...stderr.matchAll(FAILURE)].at(-1) ?? []
  if (found === undefined) return undefined
  const fix = 'correct this on the machine, and run the same command again'
  return new AgentError('push/host-failed', `the machine says: ${words(found)}`, {
    fix: advice === undefined ? fix : `${fix}. The machine advises: "${words(advice).replaceAll('"', "'")}"`,
  })
}

const MAX_WORDS = 4_000
const words = (text: string) => shorten(text.replaceAll(/\n {4}/g, '\n'), MAX_WORDS)

/** Undefined if the machine is fit. */
export function precheckFailure({ checks }: PrecheckLine): AgentError | undefined {
  const failed = checks.filter(({ hard, verdict }) => hard && (verdict === 'fail' || verdict === 'error'))
  if (failed.length === 0) return undefined
  const found = failed.map((check) => `${check.id}: ${check.found}`).join('; ')
  const fixes = failed.map(({ id, fix }) => `${id}: ${fix ?? 'correct what was found'}`)
  return new AgentError('push/unfit', `hard prechecks failed: ${found}`, {
    fix: ['on the machine, then run the same command again:', ...fixes].join('\n'),
    kind: 'unfit',
  })
}
