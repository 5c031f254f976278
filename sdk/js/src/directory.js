// The region's dictionaries.

import directory from "veche:plugin/directory";

export const { blocks, categories, categoryByCode, bodyByCode, bodiesOf, municipalityByCode, findMunicipality } = directory;
