export { foundAdminToken } from './admin-token.ts'
export { Cluster } from './cluster.ts'
export { type ClusterAddresses, planCluster } from './layout.ts'
export { type ClusterOptions, clusterAt, clusterPortCount, defaultOptions, sharedPort } from './options.ts'
