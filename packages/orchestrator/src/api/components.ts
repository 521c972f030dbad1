/** Registers the schemas that OpenAPI knows by name, in the order in which its document lists them. */
import '@saltworks/contract/api/failure';
import '@saltworks/contract/api/accounts';
import '@saltworks/contract/api/campaigns';
import '@saltworks/contract/api/assignments';
import '@saltworks/contract/api/interactions';
import '@saltworks/contract/api/reviews';
import '@saltworks/contract/api/api-keys';
import '@saltworks/contract/api/datasets';
import '@saltworks/contract/api/measures';
import '@saltworks/contract/api/mask-sets';
import '@saltworks/contract/api/runs';
import '@saltworks/contract/api/exports';
import '@saltworks/contract/api/tasks';
