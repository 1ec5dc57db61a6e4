export { adminHeaders } from './admin-headers.ts'
export { foundAdminToken } from './admin-token.ts'
export { Cluster } from './cluster.ts'
export { type ClusterAddresses, planCluster } from './layout.ts'
export {
  type ClusterOptions,
  clusterAt,
  clusterPortCount,
  defaultOptions,
  namedPorts,
  sharedPort,
} from './options.ts'
export { portProblems } from './ports.ts'
