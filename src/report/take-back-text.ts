interface Difference {
  what: string
  before: string
  after: string
  fix: string
}

interface Outcome {
  restored: boolean
  differences: readonly Difference[]
  leftovers: readonly { what: string; error: { message: string; fix: string } }[]
}

/** How `uninstall` and `reset` end: `host restored: 0 differences`, or what is not as it was. */
export function takeBackText({ restored, differences, leftovers }: Outcome): string {
  if (restored) return 'host restored: 0 differences\n'
  const left = leftovers.map(({ what, error }) => `  ${what}: ${error.message}\n    fix: ${error.fix}\n`)
  const differing = differences.map(
    ({ what, before, after, fix }) => `  ${what}: was ${before}, is ${after}\n    fix: ${fix}\n`,
  )
  const count = leftovers.length + differences.length
  return `host not restored: ${count} ${count === 1 ? 'difference' : 'differences'}\n${[...left, ...differing].join('')}`
}
