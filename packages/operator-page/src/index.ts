import { h, render } from 'preact'
import { takeToken } from './data/api.ts'
import { Store } from './data/store.ts'
import { Page } from './page.tsx'

/** Runs in the browser of whoever operates the cluster; tools/build.mjs bundles it. */
takeToken()
const store = new Store()
store.start()
render(h(Page, { store }), document.getElementById('page') as HTMLElement)
