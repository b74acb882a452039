import { useQuery, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, useState } from 'react'
import { Navigate, Route, Routes } from 'react-router'
import { followEvents, type Live } from './data/live/follow.ts'
import { SIGNED_OUT, sessionQuery } from './data/queries.ts'
import { SessionContext } from './data/session-context.ts'
import { FailureBoundary } from './parts/feedback/failure-boundary.tsx'
import { Loading } from './parts/feedback/loading.tsx'
import { ProblemPage } from './parts/feedback/problem-page.tsx'
import { Shell } from './parts/layout/shell.tsx'

const Login = lazy(() => import('./pages/login/login.tsx'))
const Clusters = lazy(() => import('./pages/clusters/clusters.tsx'))
const Cluster = lazy(() => import('./pages/cluster/cluster.tsx'))
const Create = lazy(() => import('./pages/create/create.tsx'))
const Overview = lazy(() => import('./pages/overview/overview.tsx'))
const Nodes = lazy(() => import('./pages/node/nodes.tsx'))
const Node = lazy(() => import('./pages/node/node.tsx'))
const Bundles = lazy(() => import('./pages/bundles/bundles.tsx'))
const Projects = lazy(() => import('./pages/projects/projects.tsx'))
const People = lazy(() => import('./pages/people/people.tsx'))
const Audit = lazy(() => import('./pages/audit/audit.tsx'))
const About = lazy(() => import('./pages/about/about.tsx'))
const NotFound = lazy(() => import('./pages/about/not-found.tsx'))

/** The login page until somebody is signed in, at whatever address; then the page of the address. */
export function App() {
  const session = useQuery(sessionQuery)
  const live = useLive(session.data != null)
  const hasEnded = useHasEnded(session.data != null)
  if (session.isPending) return <Loading what="the session" />
  if (session.data == null) {
    if (session.isError) return <ProblemPage error={session.error} retry={session.refetch} />
    return (
      <Suspense fallback={<Loading what="the page" />}>
        <Login hasEnded={hasEnded} />
      </Suspense>
    )
  }
  if (live === null) return <Loading what="the events" />
  return (
    <SessionContext value={{ identity: session.data, live }}>
      <Shell>
        <FailureBoundary>
          <Suspense fallback={<Loading what="the page" />}>
            <Pages />
          </Suspense>
        </FailureBoundary>
      </Shell>
    </SessionContext>
  )
}

function Pages() {
  return (
    <Routes>
      <Route index element={<Overview />} />
      <Route path="login" element={<Navigate to="/" replace />} />
      <Route path="clusters" element={<Clusters />} />
      <Route path="clusters/new" element={<Create />} />
      <Route path="clusters/:name/*" element={<Cluster />} />
      <Route path="nodes" element={<Nodes />} />
      <Route path="nodes/:id/*" element={<Node />} />
      <Route path="bundles" element={<Bundles />} />
      <Route path="projects" element={<Projects />} />
      <Route path="people/*" element={<People />} />
      <Route path="audit" element={<Audit />} />
      <Route path="about" element={<About />} />
      <Route path="*" element={<NotFound />} />
    </Routes>
  )
}

/** Whether a session ended in this window although nobody signed out. */
function useHasEnded(isSignedIn: boolean): boolean {
  const queries = useQueryClient()
  const [wasSignedIn, setSignedIn] = useState(false)
  useEffect(() => {
    if (isSignedIn) setSignedIn(true)
  }, [isSignedIn])
  return wasSignedIn && !isSignedIn && queries.getQueryData(SIGNED_OUT) === undefined
}

/** Follows the events while somebody is signed in. */
function useLive(isSignedIn: boolean): Live | null {
  const queries = useQueryClient()
  const [live, setLive] = useState<Live | null>(null)
  useEffect(() => {
    if (!isSignedIn) return
    const opened = followEvents(queries)
    setLive(opened)
    return () => {
      opened.close()
      setLive(null)
    }
  }, [isSignedIn, queries])
  return live
}
