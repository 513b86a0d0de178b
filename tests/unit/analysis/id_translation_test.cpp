CHECK(analysis::explain({.kind = "gid"}, analysis::translate({.kind = "gid"}, "0", false), "process 7")
          .ends_with("\n  nothing is mapped\n"));
