import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { eventRoutes } from '../../../protocol/api/events.ts'
import { isAllowed } from '../../../protocol/api/people/permissions.ts'
import type { HasRefusals } from '../../ports.ts'
import type { Services } from '../../services.ts'
import { eventPage } from '../../views/event-page.ts'
import { entriesOf } from '../../views/log-entries.ts'
import type { Shares } from '../admission/shares.ts'
import { visibleClusters } from '../handlers/projects.ts'
import { MAX_EVENTS, PAGE_BYTES, STREAM_BUFFER_BYTES } from '../limits.ts'
import { type Feed, openFeed } from './feed.ts'
import { afterOf, messageOf, readerOf, type SendStream, sendStream, written } from './send-stream.ts'

interface Query {
  cluster?: string
  node?: string
  run?: string
  changes?: '0' | '1'
}

/**
 * Sends events after a number, or else new ones, as they happen, as long as the client is admitted. It resumes after the event of
 * Last-Event-ID.
 */
export function createEventStream(core: Services, shares: Shares): SendStream {
  const feed = openFeed(core)
  return async (request, reply, admitted) => {
    const identity = readerOf(request)
    const { cluster: name, node, run, changes } = request.query as Query
    const cluster = name === undefined ? undefined : (await visibleClusters(core, identity, name))[0]?.id
    const after = afterOf(eventRoutes.listEvents, request) ?? (await core.store.lastEvent())
    const sees = (project: string) => {
      // Asked again now and then: see whileAdmitted.
      const now = request.identity
      return now?.kind === 'user' && isAllowed(now.grants, 'view', project)
    }
    await sendStream(shares, { request, reply, admitted }, async (out) => {
      const closed = once(out, 'close')
      const position = await catchUp(core, feed, out, { after, cluster, node, run }, sees)
      if (position === undefined) return
      const leave = feed.join({
        wantsChanges: changes === '1',
        accepts: (event, of) =>
          event.seq > position &&
          of !== undefined &&
          sees(of.project) &&
          (cluster === undefined || event.clusterId === cluster) &&
          (node === undefined || event.nodeId === node) &&
          (run === undefined || event.runId === run),
        write: limitedWriter(core, out, identity.name),
        end: () => out.end(),
      })
      await closed
      leave()
    })
  }
}

/** Sends what is stored, as fast as the client reads. Returns where the feed takes over; undefined if the client has left. */
async function catchUp(
  core: Services,
  feed: Feed,
  out: ServerResponse,
  filter: { after: number; cluster: string | undefined; node: string | undefined; run: string | undefined },
  sees: (project: string) => boolean,
): Promise<number | undefined> {
  const limits = { events: MAX_EVENTS, bytes: PAGE_BYTES }
  await feed.begin()
  for (let { after } = filter; !out.destroyed; ) {
    const head = feed.last()
    const clusters = (await core.store.clusters()).filter(({ project }) => sees(project)).map(({ id }) => id)
    const found = await eventPage(core.store, { ...filter, after, clusters }, limits)
    // Events that were stored meanwhile are read here; the feed has not written them yet.
    if (found.length === 0 && head === feed.last()) return after
    if (found.length === 0) continue
    after = found.at(-1)?.seq ?? after
    await written(out, (await entriesOf(core, found)).map((entry) => messageOf(entry.seq, entry)).join(''))
  }
  return undefined
}

/** Ends a client that does not read what it gets. */
export function limitedWriter(
  { refused }: HasRefusals,
  out: Pick<ServerResponse, 'write' | 'destroy' | 'writableLength'>,
  name: string,
): (text: string) => void {
  return (text) => {
    out.write(text)
    if (out.writableLength <= STREAM_BUFFER_BYTES) return
    refused('slow event streams', `ended an event stream of ${name}, which did not read it`)
    out.destroy()
  }
}
