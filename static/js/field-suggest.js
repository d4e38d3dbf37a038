/* Likely categories without a network, reckoned as the server does it (grids.categories.suggesting), from the words that
   the phone keeps: portalSuggest(categories, text, limit) → categories, best first. Plain script. */
(function () {
  "use strict";
  var SINGLE = 0.5;
  var FAINT = 0.25;
  var RUNS = /[a-z]+|[\u3400-\u4dbf\u4e00-\u9fff]+/g;
  var known = null; // the categories that the weights are of
  var weights = null;

  // Pairs of Chinese characters, single ones, latin words.
  function partsOf(text) {
    var parts = {};
    (text.normalize("NFKC").toLowerCase().match(RUNS) || []).forEach(function (run) {
      if (/[a-z]/.test(run)) {
        parts[run] = true;
        return;
      }
      for (var index = 0; index < run.length; index++) {
        parts[run[index]] = true;
        if (index) {
          parts[run[index - 1] + run[index]] = true;
        }
      }
    });
    return Object.keys(parts).sort();
  }

  function countOf(category) {
    var counted = {};
    (category.keywords + " " + category.name).split(/\s+/).forEach(function (word) {
      partsOf(word).forEach(function (part) {
        counted[part] = (counted[part] || 0) + 1;
      });
    });
    return counted;
  }

  function weigh(categories) {
    var spread = {};
    var counts = categories.map(countOf);
    counts.forEach(function (counted) {
      Object.keys(counted).forEach(function (part) {
        spread[part] = (spread[part] || 0) + 1;
      });
    });
    weights = {};
    counts.forEach(function (counted, index) {
      var total = Object.keys(counted).reduce(function (sum, part) {
        return sum + counted[part];
      }, 0);
      var long = Math.pow(total, 0.25);
      Object.keys(counted).forEach(function (part) {
        var rare = Math.log((categories.length + 1) / spread[part]);
        var weight = ((rare * (1 + Math.log(counted[part]))) / long) * (part.length === 1 ? SINGLE : 1);
        (weights[part] = weights[part] || []).push({ index: index, weight: weight });
      });
    });
    known = categories;
  }

  window.portalSuggest = function (categories, text, limit) {
    var scores = {};
    var paired = {};
    if (known !== categories) {
      weigh(categories);
    }
    partsOf(text).forEach(function (part) {
      (weights[part] || []).forEach(function (one) {
        scores[one.index] = (scores[one.index] || 0) + one.weight;
        if (part.length > 1) {
          paired[one.index] = true;
        }
      });
    });
    var likely = Object.keys(paired).map(function (index) {
      return { category: categories[index], score: Math.round(scores[index] * 1e6) };
    });
    var best = likely.reduce(function (most, one) {
      return Math.max(most, one.score);
    }, 0);
    return likely
      .filter(function (one) {
        return one.score >= FAINT * best;
      })
      .sort(function (one, other) {
        return other.score - one.score || (one.category.code < other.category.code ? -1 : 1);
      })
      .slice(0, limit)
      .map(function (one) {
        return one.category;
      });
  };
})();
