import { type FailedPiece, UPLOADS } from '../../protocol/api/delivery/pieces.ts'
import { type Asking, type Choice, type Member, newMember } from './member.ts'

/** A node that hands on nothing any more: it says where it is more often. */
export const GONE_MS = 15_000
/** Uploads of the controller at the same time: few, so that each piece is soon where others can get it. */
const CONTROLLER_UPLOADS = 4
/** To one node: the next piece is on its way while one arrives. */
const UPLOADS_TO_ONE = 2
/** What a node takes is no longer on its way after this time, whether it says so or not: an upload ends sooner. */
const LATE_MS = 45_000
/** Pieces on their way to one node. */
const MOST_TAKING = 8
/** A node downloads the bundle until it has wanted nothing for so long. */
const WANTED_MS = 30_000
/** A node that gets nothing from its peers for so long gets its next piece from the controller. */
const STARVED_MS = 15_000
/** A busy node is left alone for a moment. */
const BUSY_MS = 200
/** So often in a row, and it is left alone like one that cannot be reached, by the node that found it busy. */
const MOST_BUSY = 3
/** One that could not be reached is left alone for longer: its link may have been busy. */
const UNREACHABLE_MS = 20_000
/** Nobody gets anything from a node that so many avoid. */
const MOST_AVOIDING = 2
/** Holders of a piece that are compared. */
const COMPARED = 16

/**
 * Who of the nodes that download the same bundle has which pieces, and who gets the next one from whom. The controller sends each piece
 * once, and again only if no other node hands it on. Knowledge is lost with the process; nodes tell all they have each time.
 */
export class Tracker {
  readonly #members = new Map<string, Member>()
  readonly #holders = new Map<number, Set<string>>()
  /** To whom the controller sent a piece last. */
  readonly #sentTo = new Map<number, string>()
  readonly #random: () => number
  #uploads = 0

  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  isEmpty(nowMs: number): boolean {
    this.#forgetGone(nowMs)
    return this.#members.size === 0
  }

  /** Other nodes that download the bundle. */
  downloading(node: string, nowMs: number): number {
    return [...this.#members].filter(([id, { wantedMs }]) => id !== node && nowMs - wantedMs <= WANTED_MS).length
  }

  isHolder(node: string): boolean {
    return this.#members.get(node)?.isHolder === true
  }

  /** Takes in what a node says, and chooses at most `free` of the pieces that it wants. */
  ask(asking: Asking, nowMs: number): Choice[] {
    this.#forgetGone(nowMs)
    const member = this.#note(asking, nowMs)
    const choices: Choice[] = []
    const wanted = new Set(asking.want)
    const isFull = () => choices.length >= asking.free || member.taking.size >= MOST_TAKING
    const take = (choice: Choice | undefined) => {
      if (choice === undefined) return false
      wanted.delete(choice.piece)
      choices.push(choice)
      this.#begin(member, choice, nowMs)
      if (choice.from === undefined) this.#sentTo.set(choice.piece, asking.node)
      return true
    }
    if (!isFull()) take(this.#fromController(asking.node, member, wanted, nowMs))
    while (!isFull() && take(this.#fromPeers(asking.node, member, wanted, nowMs)));
    return choices
  }

  /** A node that is gone. */
  forget(node: string): void {
    const member = this.#members.get(node)
    if (!member) return
    for (const piece of [...member.taking.keys()]) this.#end(member, piece)
    for (const piece of member.have) this.#holders.get(piece)?.delete(node)
    this.#members.delete(node)
  }

  #forgetGone(nowMs: number): void {
    for (const [node, member] of this.#members) {
      if (nowMs - member.seenMs > GONE_MS) this.forget(node)
      for (const [piece, { sinceMs }] of member.taking) if (nowMs - sinceMs > LATE_MS) this.#end(member, piece)
    }
  }

  #note({ node, isHolder, have, want, failed }: Asking, nowMs: number): Member {
    const member = this.#members.get(node) ?? newMember(nowMs)
    this.#members.set(node, member)
    Object.assign(member, { isHolder, seenMs: nowMs })
    if (want.length > 0) {
      // It may have handed on what it has for a while before it wanted something.
      if (nowMs - member.wantedMs > WANTED_MS) member.gotMs = nowMs
      member.wantedMs = nowMs
    }
    // For example an image that was removed.
    for (const piece of want) if (member.have.delete(piece)) this.#holders.get(piece)?.delete(node)
    for (const failure of failed) this.#blame(node, member, failure, nowMs)
    for (const piece of have) {
      if (member.have.has(piece)) continue
      member.have.add(piece)
      const taken = member.taking.get(piece)
      if (!taken?.isForStarved) member.gotMs = nowMs
      if (taken?.from !== undefined) member.foundBusy.delete(taken.from)
      const holders = this.#holders.get(piece) ?? new Set()
      this.#holders.set(piece, holders.add(node))
    }
    // What it wants, it is not getting: an attempt failed, or its process started again.
    for (const piece of [...have, ...want]) this.#end(member, piece)
    return member
  }

  /** Counts only from who is taking this piece from the holder. */
  #blame(node: string, member: Member, { piece, node: holder, why }: FailedPiece, nowMs: number): void {
    if (member.taking.get(piece)?.from !== holder) return
    this.#end(member, piece)
    const accused = this.#members.get(holder)
    const avoid = (untilMs: number) => member.avoided.set(holder, Math.max(member.avoided.get(holder) ?? 0, untilMs))
    if (why === 'busy') {
      const times = (member.foundBusy.get(holder) ?? 0) + 1
      member.foundBusy.set(holder, times % MOST_BUSY)
      if (times >= MOST_BUSY) avoid(nowMs + UNREACHABLE_MS)
      if (accused) accused.busyUntilMs = nowMs + BUSY_MS
      return
    }
    avoid(why === 'wrong' ? Number.POSITIVE_INFINITY : nowMs + UNREACHABLE_MS)
    accused?.avoidedBy.set(node, member.avoided.get(holder) ?? 0)
  }

  #begin(member: Member, { piece, from }: Choice, nowMs: number): void {
    const isForStarved = from === undefined && isStarved(member, nowMs)
    member.taking.set(piece, { from, sinceMs: nowMs, isForStarved })
    if (from === undefined) this.#uploads += 1
    else this.#count(from, 1)
  }

  #end(member: Member, piece: number): void {
    const taking = member.taking.get(piece)
    if (!taking) return
    member.taking.delete(piece)
    if (taking.from === undefined) this.#uploads -= 1
    else this.#count(taking.from, -1)
  }

  /** A node that was gone for a while begins with no uploads. */
  #count(holder: string, change: number): void {
    const member = this.#members.get(holder)
    if (member) member.uploads = Math.max(0, member.uploads + change)
  }

  /** A piece that no peer has, if it is not on its way to another node. */
  #fromController(node: string, member: Member, wanted: ReadonlySet<number>, nowMs: number): Choice | undefined {
    const uploads = [...member.taking.values()].filter(({ from }) => from === undefined).length
    if (uploads >= UPLOADS_TO_ONE) return undefined
    const [first] = wanted
    if (first !== undefined && uploads === 0 && isStarved(member, nowMs)) {
      const other = [...wanted].find((piece) => !this.#isUnderWay(piece))
      return { piece: other ?? first }
    }
    if (this.#uploads >= CONTROLLER_UPLOADS) return undefined
    for (const piece of wanted) {
      if (this.#usable(node, member, piece, nowMs).length > 0 || this.#isUnderWay(piece)) continue
      return { piece }
    }
    return undefined
  }

  #isUnderWay(piece: number): boolean {
    const taking = this.#members.get(this.#sentTo.get(piece) ?? '')?.taking.get(piece)
    return taking !== undefined && taking.from === undefined
  }

  /** The piece that the fewest have, from the holder with the fewest uploads. */
  #fromPeers(node: string, member: Member, wanted: ReadonlySet<number>, nowMs: number): Choice | undefined {
    let found: { choice: Choice; rank: number } | undefined
    for (const piece of wanted) {
      const free = this.#usable(node, member, piece, nowMs).filter(
        ([, { uploads, busyUntilMs }]) => uploads < UPLOADS && busyUntilMs <= nowMs,
      )
      const [holder] = free.sort(([, a], [, b]) => a.uploads - b.uploads)
      const rank = (this.#holders.get(piece)?.size ?? 0) + this.#random()
      if (holder && (found === undefined || rank < found.rank)) found = { choice: { piece, from: holder[0] }, rank }
    }
    return found?.choice
  }

  #usable(node: string, { avoided }: Member, piece: number, nowMs: number): [string, Member][] {
    const isAvoided = (until = 0) => until > nowMs
    const found: [string, Member][] = []
    for (const id of this.#holders.get(piece) ?? []) {
      const holder = this.#members.get(id)
      const isUsable = id !== node && holder?.isHolder && !isAvoided(avoided.get(id)) && !isShunned(holder, nowMs)
      if (isUsable) found.push([id, holder])
      if (found.length === COMPARED) break
    }
    return found
  }
}

const isStarved = ({ gotMs }: Member, nowMs: number): boolean => nowMs - gotMs >= STARVED_MS

/** By several nodes. */
function isShunned({ avoidedBy }: Member, nowMs: number): boolean {
  return [...avoidedBy.values()].filter((untilMs) => untilMs > nowMs).length >= MOST_AVOIDING
}
