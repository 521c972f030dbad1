/** The pages that annotators do not draw on: one script of their own, loaded when one of them is first opened. */
export { AccountPage } from './account.tsx';
export { BackbonesPage } from './backbones.tsx';
export { BakeoffsPage } from './bakeoffs.tsx';
export { BuildPage } from './build.tsx';
export { BuildComparisonPage } from './build-comparison.tsx';
export { BuildsPage } from './builds.tsx';
export { CampaignPage } from './campaign.tsx';
export { CampaignImagesPage } from './campaign-images.tsx';
export { NewCampaignPage } from './campaign-new.tsx';
export { CampaignSettingsPage } from './campaign-settings.tsx';
export { ComparePage } from './compare.tsx';
export { DatasetPage } from './dataset.tsx';
export { DatasetsPage } from './datasets.tsx';
export { ReviewPage } from './review.tsx';
export { SchedulesPage } from './schedules.tsx';
export { SearchPage } from './search.tsx';
export { WorkPage } from './work.tsx';
