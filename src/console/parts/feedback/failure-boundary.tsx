import { Component, type ReactNode } from 'react'
import { ProblemPage } from './problem-page.tsx'

/** Shows an error of a page in its place. A part of the console that cannot be loaded is one: the controller was updated. */
export class FailureBoundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: undefined }

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error }
  }

  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children
    return <ProblemPage error={this.state.error} retry={() => window.location.reload()} />
  }
}
