import type { BundleView } from '../../../protocol/api/bundles.ts'
import type { Column } from '../../parts/table/column.ts'
import { CopyText } from '../../parts/values/copy-text.tsx'
import { bytes } from '../../parts/values/formats.ts'
import { Time } from '../../parts/values/time.tsx'

export const BUNDLE_COLUMNS: readonly Column<BundleView>[] = [
  { key: 'name', title: 'Name', text: ({ name }) => name, show: ({ name }) => name },
  {
    key: 'kubernetes',
    title: 'Kubernetes',
    text: ({ kubernetesVersion }) => kubernetesVersion,
    show: ({ kubernetesVersion }) => kubernetesVersion,
  },
  { key: 'arch', title: 'Architecture', text: ({ arch }) => arch, show: ({ arch }) => arch },
  {
    key: 'size',
    title: 'Size',
    text: ({ bytes: size }) => bytes(size),
    rank: ({ bytes: size }) => size,
    show: ({ bytes: size }) => <span className="number">{bytes(size)}</span>,
  },
  {
    key: 'files',
    title: 'Files',
    text: ({ files }) => `${files}`,
    rank: ({ files }) => files,
    show: ({ files }) => <span className="number">{files}</span>,
  },
  {
    key: 'built',
    title: 'Built',
    text: () => '',
    rank: ({ createdAt }) => createdAt,
    show: ({ createdAt }) => <Time at={createdAt} />,
  },
  {
    key: 'sha256',
    title: 'SHA-256 of the manifest',
    text: ({ manifestSha256 }) => manifestSha256,
    show: ({ manifestSha256 }) => <CopyText text={manifestSha256} label="SHA-256 of the manifest" />,
    isOptional: true,
  },
  {
    key: 'signed',
    title: 'Verified with',
    text: ({ publicKey }) => publicKey,
    show: ({ publicKey }) => <code>{publicKey}</code>,
    isOptional: true,
  },
]
