import { errorMessage } from '../../base/text/error-message.ts'
import type { Hub } from '../live/hub.ts'
import { receiveAnswer } from '../live/ingest.ts'
import type { Presence } from '../live/presence.ts'
import { reconcile } from '../reconcile/reconcile.ts'
import type { Services } from '../services.ts'
import type { Beat, Notice, Registration } from '../store/shared.ts'
import { openTicks } from '../ticks.ts'
import { openLeases } from './leases.ts'
import { openMail } from './mail.ts'
import { openSessions } from './sessions.ts'
import { openUrls } from './urls-of-all.ts'

interface Options {
  /** Everything has to be looked at again, because notices may have been missed. */
  readAgain(): void
  /** The clock of the database is ahead of `services.now` by this. */
  setAhead(ms: number): void
  beatMs: number
  /** Fetches what others have and this one lacks. */
  fetchFiles(others: Beat['controllers']): Promise<void>
}

/**
 * Makes this controller one of those that share the database: see docs/adr/0045. Replaces `peers` and `presence` of the services,
 * and adds the URLs of the others to its own.
 * Does nothing if the database belongs to this process.
 */
export async function joinPeers(
  services: Services,
  hub: Hub,
  self: () => Registration,
  { readAgain, setAhead, beatMs, fetchFiles }: Options,
): Promise<{ leave(): Promise<void> }> {
  const { shared } = services.store
  if (!shared) return { leave: async () => undefined }
  const log = (line: string) => services.log(line)
  const own = self()
  const leases = openLeases(shared)
  const wake = soon(() => services.changes.announce())
  const sessions = openSessions({ shared, log, replaced: (node) => hub.replaced(node), changed: wake })
  const mail = openMail({
    shared,
    log,
    send: (node, t, body) => hub.send(node, t, body),
    receive: (node, frame) => receiveAnswer(services, node, frame),
    meet: (node, newer) => hub.rivals.meet(node, newer),
    tried: (node, machines) => void hub.rivals.note(node, machines),
  })
  let others: Beat['controllers'] = []
  const urlsOfAll = openUrls(own.urls, services.now)
  const decide = oncePer((cluster) =>
    reconcile(services, cluster, () => undefined).catch((error: unknown) =>
      log(`cannot reconcile cluster ${cluster}: ${errorMessage(error)}`),
    ),
  )

  shared.listen((notice) => {
    if (notice === 'lost') {
      wake()
      void sessions.read()
      void mail.take()
      readAgain()
    } else receive(notice)
  })

  function receive(notice: Notice): void {
    switch (notice.kind) {
      case 'cluster':
        wake()
        for (const node of notice.nodes ?? hub.open().map(({ nodeId }) => nodeId)) hub.deliver(node)
        if (notice.undecided) decide(notice.id)
        break
      case 'sessions':
        void sessions.read(notice.nodes)
        break
      case 'message':
        void mail.take()
        break
    }
  }

  const beat = async () => {
    const beganMs = services.now().getTime()
    const found = await shared.beat(services.bundles.shared())
    const aheadMs = found.now.getTime() - (beganMs + services.now().getTime()) / 2
    // Less is not worth a jump.
    if (Math.abs(aheadMs) > 500) setAhead(aheadMs)
    leases.update(found)
    const before = others.map(({ id }) => id).join()
    others = found.controllers.filter(({ id }) => id !== found.id)
    const after = others.map(({ id }) => id)
    sessions.setLive(after)
    sessions.recordMissing()
    const knownUrls = services.publicUrls.join()
    services.publicUrls = urlsOfAll(others)
    if (services.publicUrls.join() !== knownUrls) void hub.sendControllers()
    if (before !== after.join()) {
      log(
        `other controllers on this database: ${after.length === 0 ? 'none' : others.map(({ urls }) => urls[0]).join(', ')}`,
      )
      wake()
    }
    void fetchFiles(others).catch((error: unknown) => log(`files of other controllers: ${errorMessage(error)}`))
    if (!found.hadLapsed) return
    // Whether nodes were silent meanwhile is not known.
    services.startedAt = services.now()
    await sessions.read()
  }

  await shared.register(own)
  await beat()
  for (const session of hub.open()) sessions.opened(session)
  await sessions.read()
  services.presence = presenceOf(hub, sessions, mail)
  services.peers = {
    leaseOf: (cluster, afresh) => leases.of(cluster, afresh),
    opened: (session) => sessions.opened(session),
    ended: (node) => sessions.ended(node),
    passOn: (node, frame) => mail.passOn(node, frame),
    hasSession: (node) => sessions.elsewhere(node) !== undefined,
    async meet(node, newer) {
      // Read again: a controller that has stopped since the last heartbeat would not answer.
      const [session] = await shared.sessions([node]).catch(() => [])
      const isElsewhere = others.some(({ id }) => id === session?.controller)
      return session && isElsewhere ? mail.meet(session.controller, node, newer) : undefined
    },
    tried(node, machines) {
      for (const { id } of others) mail.tried(id, node, machines)
    },
    others: () => others.length,
  }
  const ticks = openTicks(beatMs, () => beat().catch((error: unknown) => log(`no heartbeat: ${errorMessage(error)}`)))
  return {
    async leave() {
      await ticks.stop()
      await shared.leave().catch((error: unknown) => log(`this controller stays registered: ${errorMessage(error)}`))
    },
  }
}

function presenceOf(
  hub: Hub,
  sessions: Pick<ReturnType<typeof openSessions>, 'elsewhere'>,
  mail: Pick<ReturnType<typeof openMail>, 'send'>,
): Presence {
  return {
    isConnected: (node) => hub.isConnected(node) || sessions.elsewhere(node) !== undefined,
    capabilitiesOf: (node) => hub.capabilitiesOf(node) ?? sessions.elsewhere(node)?.capabilities,
    // The controller that has the session stores the time of the last contact.
    lastContact: (node) => hub.lastContact(node),
    isBehind: (node) => hub.isBehind(node),
    // The others deliver when they get the notice of the commit.
    deliver: (node) => hub.deliver(node),
    send(node, t, body) {
      if (hub.send(node, t, body)) return true
      const session = sessions.elsewhere(node)
      if (session === undefined) return false
      mail.send(session.controller, node, t, body)
      return true
    },
  }
}

/** Many calls in the same turn of the event loop are one. */
function soon(work: () => void): () => void {
  let isDue = false
  return () => {
    if (isDue) return
    isDue = true
    setImmediate(() => {
      isDue = false
      work()
    })
  }
}

/** Calls while the work of the same key has not begun are one. */
function oncePer(work: (key: string) => Promise<unknown>): (key: string) => void {
  const due = new Set<string>()
  return (key) => {
    if (due.has(key)) return
    due.add(key)
    setImmediate(() => {
      due.delete(key)
      void work(key)
    })
  }
}
