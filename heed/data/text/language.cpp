// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/language.h"

#include <algorithm>
#include <cctype>
#include <map>

namespace heed::text {
namespace {

/// ISO 639-1 codes, each followed by its codes in ISO 639-2 and 639-3.
constexpr std::string_view kCodes =
    "aa aar,ab abk,ae ave,af afr,ak aka,am amh,an arg,ar ara,as asm,av ava,ay aym,az aze,ba bak,"
    "be bel,bg bul,bi bis,bm bam,bn ben,bo bod tib,br bre,bs bos,ca cat,ce che,ch cha,co cos,cr cre,"
    "cs ces cze,cu chu,cv chv,cy cym wel,da dan,de deu ger,dv div,dz dzo,ee ewe,el ell gre,en eng,"
    "eo epo,es spa,et est,eu eus baq,fa fas per,ff ful,fi fin,fj fij,fo fao,fr fra fre,fy fry,"
    "ga gle,gd gla,gl glg,gn grn,gu guj,gv glv,ha hau,he heb,hi hin,ho hmo,hr hrv,ht hat,hu hun,"
    "hy hye arm,hz her,ia ina,id ind,ie ile,ig ibo,ii iii,ik ipk,io ido,is isl ice,it ita,iu iku,"
    "ja jpn,jv jav,ka kat geo,kg kon,ki kik,kj kua,kk kaz,kl kal,km khm,kn kan,ko kor,kr kau,ks kas,"
    "ku kur,kv kom,kw cor,ky kir,la lat,lb ltz,lg lug,li lim,ln lin,lo lao,lt lit,lu lub,lv lav,"
    "mg mlg,mh mah,mi mri mao,mk mkd mac,ml mal,mn mon,mr mar,ms msa may,mt mlt,my mya bur,na nau,"
    "nb nob,nd nde,ne nep,ng ndo,nl nld dut,nn nno,no nor,nr nbl,nv nav,ny nya,oc oci,oj oji,om orm,"
    "or ori,os oss,pa pan,pi pli,pl pol,ps pus,pt por,qu que,rm roh,rn run,ro ron rum,ru rus,rw kin,"
    "sa san,sc srd,sd snd,se sme,sg sag,si sin,sk slk slo,sl slv,sm smo,sn sna,so som,sq sqi alb,"
    "sr srp,ss ssw,st sot,su sun,sv swe,sw swa,ta tam,te tel,tg tgk,th tha,ti tir,tk tuk,tl tgl,"
    "tn tsn,to ton,tr tur,ts tso,tt tat,tw twi,ty tah,ug uig,uk ukr,ur urd,uz uzb,ve ven,vi vie,"
    "vo vol,wa wln,wo wol,xh xho,yi yid,yo yor,za zha,zh zho chi cmn,zu zul";

std::map<std::string_view, std::string_view> read_codes() {
  std::map<std::string_view, std::string_view> canonical;
  for (std::string_view rest = kCodes; !rest.empty();) {
    const std::string_view language = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), language.size() + 1));
    for (size_t begin = 0, end; begin < language.size(); begin = end + 1) {
      end = std::min(language.find(' ', begin), language.size());
      canonical.emplace(language.substr(begin, end - begin), language.substr(0, 2));
    }
  }
  return canonical;
}

/// Maps every known code to its two-letter code.
const std::map<std::string_view, std::string_view>& codes() {
  static const auto all = read_codes();
  return all;
}

struct Tag {
  std::string language;  ///< lower case; two letters if such a code exists
  std::string rest;      ///< region, script and variant in lower case, separated by '_'
};

Tag parse_tag(std::string_view text) {
  text = text.substr(0, text.find('.'));  // de_DE.UTF-8 without its charset
  std::string lower;
  for (const char c : text)
    lower += c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const size_t end = std::min(lower.find_first_of("_@"), lower.size());
  Tag tag{lower.substr(0, end), lower.substr(end)};
  if (const auto code = codes().find(tag.language); code != codes().end()) tag.language = code->second;
  return tag;
}

bool all_of(std::string_view text, int (*test)(int)) {
  return std::all_of(text.begin(), text.end(), [&](unsigned char c) { return test(c) != 0; });
}

/// Whether the text can be a region, script or variant, such as BR, 419 or Hans.
bool is_subtag(std::string_view text) {
  if (text.size() == 2) return all_of(text, std::isupper);
  if (text.size() == 3) return all_of(text, std::isdigit);
  return text.size() == 4 && std::isupper(static_cast<unsigned char>(text[0])) &&
         all_of(text.substr(1), std::islower);
}

}  // namespace

bool same_language(std::string_view a, std::string_view b) {
  const Tag first = parse_tag(a), second = parse_tag(b);
  if (first.language.empty() || first.language != second.language) return false;
  return first.rest.empty() || second.rest.empty() || first.rest == second.rest;
}

bool is_language_code(std::string_view text) {
  return codes().count(text) > 0;
}

bool is_language_tag(std::string_view text) {
  text = text.substr(0, text.find('@'));
  size_t end = std::min(text.find_first_of("_-"), text.size());
  if (!is_language_code(text.substr(0, end))) return false;
  while (end < text.size()) {
    const size_t begin = end + 1;
    end = std::min(text.find_first_of("_-", begin), text.size());
    if (!is_subtag(text.substr(begin, end - begin))) return false;
  }
  return true;
}

}  // namespace heed::text
