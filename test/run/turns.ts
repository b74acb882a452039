interface RotatingStory {
  readonly name: string
  /** How long it took on a machine with two cores, without --full. A story that was not measured has a turn of its own. */
  readonly seconds?: number
}

/** Stories that rotate: each commit runs some of them, so that all run every few commits. */
export const rotating: readonly RotatingStory[] = [
  { name: 'name-servers', seconds: 413 },
  { name: 'packages', seconds: 61 },
  { name: 'five-masters', seconds: 248 },
  { name: 'two-interfaces' },
  { name: 'shared-machine' },
  { name: 'packet-filters' },
  { name: 'earlier-agent' },
  { name: 'agent-update' },
  { name: 'clock-jumps' },
  { name: 'three-controllers', seconds: 480 },
  { name: 'expired' },
  { name: 'grown' },
  { name: 'journey', seconds: 131 },
  { name: 'upgraded', seconds: 266 },
  { name: 'settings', seconds: 639 },
  { name: 'restored-etcd' },
  { name: 'failing-units' },
  { name: 'machine', seconds: 269 },
]

/** How long the rotating stories of one commit may take, so that the whole of scripts/test takes less than 45 minutes. */
export const TURN_SECONDS = 540

/**
 * The rotating stories that a commit runs: consecutive ones in the list, from an index that its hash determines, as many as fit
 * into `TURN_SECONDS`. The first one always runs.
 */
export function turnOf(commit: string, stories: readonly RotatingStory[] = rotating): string[] {
  const first = Number.parseInt(commit.slice(0, 8), 16) % stories.length
  const names: string[] = []
  let total = 0
  for (const { name, seconds = TURN_SECONDS } of [...stories.slice(first), ...stories.slice(0, first)]) {
    total += seconds
    if (names.length > 0 && total > TURN_SECONDS) break
    names.push(name)
  }
  return names
}

/** A line that says which time to record; undefined if the recorded one is right within a fifth, or the story does not rotate. */
export function wrongTime(name: string, seconds: number): string | undefined {
  const story = rotating.find((one) => one.name === name)
  if (!story) return undefined
  const { seconds: recorded = 0 } = story
  if (Math.abs(seconds - recorded) <= recorded / 5) return undefined
  return `${name} took ${Math.round(seconds)} s; test/run/turns.ts records ${story.seconds ?? 'no time'}`
}
