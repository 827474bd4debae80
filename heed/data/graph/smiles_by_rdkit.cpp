// SPDX-License-Identifier: Apache-2.0
// smiles.h by RDKit, whose headers no other file includes.
#include <algorithm>
#include <cmath>
#include <exception>
#include <iterator>
#include <memory>
#include <mutex>
#include <new>
#include <sstream>
#include <utility>

#include <ForceField/ForceField.h>
#include <GraphMol/DistGeomHelpers/Embedder.h>
#include <GraphMol/ForceFieldHelpers/MMFF/MMFF.h>
#include <GraphMol/GraphMol.h>
#include <GraphMol/MolOps.h>
#include <GraphMol/SmilesParse/SmilesParse.h>
#include <RDGeneral/RDLog.h>

#include "heed/core/error.h"
#include "heed/core/shown_text.h"
#include "heed/data/graph/elements.h"
#include "heed/data/graph/molecule_columns.h"
#include "heed/data/graph/smiles.h"

namespace heed::graph {
namespace {

constexpr int kSeed = 1;
constexpr unsigned kMostEmbedded = 300;  ///< atoms, hydrogens included; a chain of 300 takes 11 s
constexpr int kMostSteps = 2000;         ///< of MMFF94; most molecules need fewer than 500

/// Keeps what RDKit would print, and gives its logs back at the end. They belong to the process, so one thread at a time.
class KeptRdkitLog {
 public:
  KeptRdkitLog() : turn_(mutex()) {
    logs_[0] = std::make_shared<boost::logging::rdLogger>(&errors_);
    swap_logs();
  }
  ~KeptRdkitLog() { swap_logs(); }
  KeptRdkitLog(const KeptRdkitLog&) = delete;
  KeptRdkitLog& operator=(const KeptRdkitLog&) = delete;

  /// The first error, without the time and the name that RDKit puts before it.
  std::string error() const {
    std::string line = errors_.str();
    line.resize(std::min(line.find('\n'), line.size()));
    for (const std::string_view mark : {"] ", "SMILES Parse Error: "})
      if (const size_t at = line.find(mark); at != std::string::npos) line.erase(0, at + mark.size());
    return line;
  }

 private:
  static std::mutex& mutex() {
    static std::mutex one;
    return one;
  }
  void swap_logs() {
    RDLogger* const of_rdkit[] = {&rdErrorLog, &rdWarningLog, &rdInfoLog, &rdDebugLog, &rdAppLog};
    for (size_t i = 0; i < std::size(of_rdkit); ++i) std::swap(*of_rdkit[i], logs_[i]);
  }

  std::scoped_lock<std::mutex> turn_;
  std::ostringstream errors_;
  RDLogger logs_[5];  ///< those of RDKit while this object lives
};

/// What RDKit says may repeat the whole SMILES.
std::string said(const std::string& text) {
  constexpr size_t kMost = 150;
  return text.empty() ? "no reason is given" : cut_to_columns(printable(text), kMost);
}

std::unique_ptr<RDKit::RWMol> molecule_of(std::string_view smiles, const std::string& place) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorKind::kData, "RDKit refuses the SMILES " + shown_smiles(smiles) + ": " + said(why),
                place);
  };
  RDKit::SmilesParserParams params;
  params.allowCXSMILES = params.parseName = false;
  const KeptRdkitLog log;
  std::unique_ptr<RDKit::RWMol> molecule;
  try {
    molecule.reset(RDKit::SmilesToMol(std::string(smiles), params));
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    refuse(error.what());
  }
  if (molecule == nullptr) refuse(log.error());
  return molecule;
}

/// Whether there are coordinates now: from distances, or else from random places.
bool embed(RDKit::ROMol& molecule) {
  RDKit::DGeomHelpers::EmbedParameters params = RDKit::DGeomHelpers::ETKDGv3;
  params.randomSeed = kSeed;
  params.embedFragmentsSeparately = false;  // else the parts of a salt lie in each other
  if (RDKit::DGeomHelpers::EmbedMolecule(molecule, params) >= 0) return true;
  params.useRandomCoords = true;
  return RDKit::DGeomHelpers::EmbedMolecule(molecule, params) >= 0;
}

/// Adds hydrogens and coordinates. Returns why there are none, or "".
std::string add_geometry(RDKit::RWMol& molecule) {
  const KeptRdkitLog log;
  try {
    RDKit::MolOps::addHs(molecule);
    if (molecule.getNumAtoms() > kMostEmbedded)
      return std::to_string(molecule.getNumAtoms()) + " atoms are more than " + std::to_string(kMostEmbedded);
    if (!embed(molecule)) return "RDKit finds no geometry";
    RDKit::MMFF::MMFFOptimizeMolecule(molecule, kMostSteps, "MMFF94", 10.0, -1, false);
    return "";
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    return said(error.what());
  }
}

int bond_number(RDKit::Bond::BondType type) {
  switch (type) {
    case RDKit::Bond::SINGLE:
      return 1;
    case RDKit::Bond::DOUBLE:
      return 2;
    case RDKit::Bond::TRIPLE:
      return 3;
    case RDKit::Bond::AROMATIC:
      return 4;
    default:
      return 0;
  }
}

SmilesAtom atom_of(const RDKit::Atom& atom, const RDKit::RingInfo& rings) {
  SmilesAtom made;
  made.element = element_symbol(atom.getAtomicNum());
  made.charge = atom.getFormalCharge();
  made.hydrogens = static_cast<int>(atom.getTotalNumHs());
  made.aromatic = atom.getIsAromatic();
  made.in_ring = rings.numAtomRings(atom.getIdx()) > 0;
  return made;
}

void copy_coordinates(const RDKit::ROMol& molecule, SmilesMolecule& made) {
  const RDKit::Conformer& conformer = molecule.getConformer();
  for (size_t i = 0; i < made.atoms.size(); ++i) {
    const RDGeom::Point3D& point = conformer.getAtomPos(static_cast<unsigned>(i));
    for (unsigned axis = 0; axis < 3; ++axis) {
      made.atoms[i].xyz[axis] = static_cast<float>(point[axis]);
      if (!std::isfinite(made.atoms[i].xyz[axis]))
        made.no_geometry = "RDKit gives coordinates that are not finite";
    }
  }
}

}  // namespace

std::string no_smiles() {
  return "";
}

SmilesMolecule parse_smiles(std::string_view smiles, SmilesGeometry geometry, const std::string& place) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorKind::kData, "the SMILES " + shown_smiles(smiles) + " has " + why, place);
  };
  const auto molecule = molecule_of(smiles, place);
  SmilesMolecule made;
  if (geometry == SmilesGeometry::kRdkit) made.no_geometry = add_geometry(*molecule);
  const RDKit::RingInfo& rings = *molecule->getRingInfo();
  for (const RDKit::Atom* const atom : molecule->atoms()) {
    made.atoms.push_back(atom_of(*atom, rings));
    if (made.atoms.back().element.empty())
      refuse("an atom that is no element; heed reads molecules without query atoms and groups");
  }
  for (const RDKit::Bond* const bond : molecule->bonds()) {
    const char* const type = bond_name(bond_number(bond->getBondType()));
    if (type == nullptr) refuse("a bond that is not single, double, triple or aromatic");
    made.bonds.push_back({static_cast<int32_t>(bond->getBeginAtomIdx()),
                          static_cast<int32_t>(bond->getEndAtomIdx()), type,
                          rings.numBondRings(bond->getIdx()) > 0});
  }
  if (geometry == SmilesGeometry::kRdkit && made.no_geometry.empty()) copy_coordinates(*molecule, made);
  return made;
}

}  // namespace heed::graph
