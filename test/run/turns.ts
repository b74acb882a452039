interface RotatingStory {
  readonly name: string
  /** How long it took on a machine with two cores, without --full. Half of a turn if it was not measured. */
  readonly seconds?: number
  /** Each commit runs one of these, if there is time. */
  readonly hasSeveralMasters?: true
}

/** Stories that rotate: each commit runs some of them, so that all run every few commits. */
export const rotating: readonly RotatingStory[] = [
  { name: 'three-and-one', seconds: 300, hasSeveralMasters: true },
  { name: 'name-servers', hasSeveralMasters: true, seconds: 413 },
  { name: 'packages', seconds: 61 },
  { name: 'five-masters', hasSeveralMasters: true, seconds: 248 },
  { name: 'two-interfaces' },
  { name: 'shared-machine' },
  { name: 'packet-filters' },
  { name: 'earlier-agent' },
  { name: 'agent-update', seconds: 247 },
  { name: 'clock-jumps', seconds: 147 },
  { name: 'baked', seconds: 95 },
  { name: 'three-controllers', hasSeveralMasters: true, seconds: 480 },
  { name: 'expired' },
  { name: 'grown', hasSeveralMasters: true },
  { name: 'journey', seconds: 253 },
  { name: 'upgraded', seconds: 266 },
  { name: 'settings', seconds: 639 },
  { name: 'restored-etcd', seconds: 79 },
  { name: 'failing-units' },
  { name: 'pushed', seconds: 143 },
  { name: 'read-only-usr', seconds: 118 },
  { name: 'add-ons', seconds: 98 },
  { name: 'storage', seconds: 90 },
  { name: 'machine', seconds: 269 },
]

/** How long the rotating stories of one commit may take, so that the whole of scripts/test takes less than 45 minutes. */
export const TURN_SECONDS = 600

/**
 * The rotating stories that a commit runs: the one at an index that its hash determines, and as many more as fit into
 * `TURN_SECONDS`: first the next one with several masters, if that story has none, then those that follow in the list.
 */
export function turnOf(commit: string, stories: readonly RotatingStory[] = rotating): string[] {
  const index = Number.parseInt(commit.slice(0, 8), 16) % stories.length
  const [first, ...others] = [...stories.slice(index), ...stories.slice(0, index)]
  if (!first) return []
  const companion = first.hasSeveralMasters ? undefined : others.find((story) => story.hasSeveralMasters)
  const turn = [first]
  for (const story of new Set(companion ? [companion, ...others] : others)) {
    if (total([...turn, story]) > TURN_SECONDS) break
    turn.push(story)
  }
  return turn.map(({ name }) => name)
}

function total(stories: readonly RotatingStory[]): number {
  return stories.reduce((sum, { seconds = TURN_SECONDS / 2 }) => sum + seconds, 0)
}

/** A line that says which time to record; undefined if the recorded one is right within a fifth, or the story does not rotate. */
export function wrongTime(name: string, seconds: number): string | undefined {
  const story = rotating.find((one) => one.name === name)
  if (!story) return undefined
  const { seconds: recorded = 0 } = story
  if (Math.abs(seconds - recorded) <= recorded / 5) return undefined
  return `${name} took ${Math.round(seconds)} s; test/run/turns.ts records ${story.seconds ?? 'no time'}`
}
